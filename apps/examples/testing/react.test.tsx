// @vitest-environment happy-dom
import { createEventSource } from '@sse/client'
import { useEventSource } from '@sse/client/react'
import { scriptedFetch } from '@sse/testing'
import { render, screen } from '@testing-library/react'
import { expect, test } from 'vitest'

const fetch = scriptedFetch()
const open = () => createEventSource('/prices', { fetch })
const Price = () => useEventSource('price', open).latest['price'] ?? 'waiting'

test('shows the price', async () => {
  render(<Price />)
  ;(await fetch.next()).send({ event: 'price', data: 101 })
  expect(await screen.findByText('101')).toBeDefined()
})
