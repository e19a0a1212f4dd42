import { expect, test } from 'vitest'
import { cut } from './corpora.ts'
import { decoderAlone, LongLineSubject, longLine, parserWith } from './long-line.ts'

const MIB = 2 ** 20
const chunks = cut(longLine(2 * MIB), 16 * 1024)

test('the default limit refuses the line as soon as it is passed', () => {
  const { verdict, bytesRead } = parserWith(undefined)(chunks)
  expect(verdict).toBe('refused')
  expect(bytesRead).toBeLessThan(MIB + 2 * 16 * 1024)
})

test('without a limit the whole line is read, as the bound reads it', () => {
  expect(parserWith(Number.POSITIVE_INFINITY)(chunks)).toEqual({ verdict: 'accepted', bytesRead: 2 * MIB })
  expect(decoderAlone(chunks)).toEqual({ verdict: 'decoded', bytesRead: 2 * MIB })
})

test('another verdict than the expected one is an error, not a result', async () => {
  const subject = new LongLineSubject('2 MiB', chunks, parserWith(undefined), 'accepted')
  await expect(subject.time()).rejects.toThrow('was refused')
})
