import { expect, test } from 'vitest'
import { Example } from './example.ts'

test.each([
  [
    'client-disconnect',
    /cursor closed, \d+ ms after it was opened\nserver: client-disconnect, after 1 event\n$/,
  ],
  [
    'graceful-shutdown',
    /has 20 clients, and sends them away\.\n[\s\S]*back after \d+ ms, the last one after \d+ ms\.\nEach has read 1, 2, 3\.\n$/,
  ],
  [
    'channels-and-generators',
    /two generators: {7}f{6}s{2} .*\none memory channel: {3}[fs]{8} .*\n.* [1-7] of 8 dropped/,
  ],
  [
    'error-recovery',
    /circuit: closed → open\n[\s\S]*circuit: open → half-open\n[\s\S]*Read 1, 2: nothing is missing\. \d+ attempts/,
  ],
  [
    'custom-protocol',
    /sum\(1, 2, 3\) = 6\n[\s\S]*two at once {2}= \[ 9, 13 \]\n[\s\S]*There is nothing to add/,
  ],
  [
    'network-interruption',
    /^\d+ connections, of which \d+ were cut\.\nAll 200 events were read, once and in order\.\n$/,
  ],
  ['load', /200 clients on .*\n[\s\S]*200 opened[\s\S]*0 missing, 0 doubled/],
])('the demonstration %s shows what it says, and ends by itself', async (name, shown) => {
  using demonstration = Example.guide(`demonstrations/${name}.ts`)
  await demonstration.printed(shown)
  expect(await demonstration.exitCode()).toBe(0)
})
