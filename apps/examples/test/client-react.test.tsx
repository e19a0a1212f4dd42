// @vitest-environment happy-dom
import { scriptedFetch } from '@sse/testing'
import { render, screen } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import { Log, Price, Prices } from '../client/prices.tsx'

test('the components of the README of @sse/client show what comes, over one connection for each key', async () => {
  const fetch = scriptedFetch()
  vi.stubGlobal('fetch', fetch)
  render(
    <>
      <Prices />
      <Price />
      <Log />
    </>,
  )
  const streams = [await fetch.next(), await fetch.next()]
  for (const stream of streams) stream.send({ id: '1', event: 'price', data: { value: 12.5 } })
  expect(await screen.findByText('12.5', { selector: 'p' })).toBeDefined()
  expect(await screen.findByText('12.5', { selector: 'b' })).toBeDefined()
  expect(await screen.findByText('{"value":12.5}', { selector: 'li' })).toBeDefined()
  expect(fetch.requests).toHaveLength(2)

  for (const stream of streams) stream.end()
  expect(await screen.findByText(/^No connection: The event stream came to its end/)).toBeDefined()
})
