import { createElement, Fragment, StrictMode } from 'react'
import { createRoot, hydrateRoot, type Root } from 'react-dom/client'
import { Log, opened, renders, Status, Weather } from './components.ts'

declare const document: { getElementById(id: string): Element & { innerHTML: string } }

const SHOWN = { Status, Weather, Log }
type Name = keyof typeof SHOWN

const errors: string[] = []
let root: Root | undefined

function tree(names: readonly Name[], props: object): ReturnType<typeof createElement> {
  const children = names.map((name, key) => createElement(SHOWN[name], { key, ...props }))
  return createElement(StrictMode, null, createElement(Fragment, null, children))
}

/** Mounts these, or changes what is mounted to them. */
function show(names: readonly Name[], props: object = {}): void {
  root ??= createRoot(document.getElementById('root'))
  root.render(tree(names, props))
}

/** Takes over what a server has rendered. */
function hydrate(html: string, names: readonly Name[]): void {
  const element = document.getElementById('root')
  element.innerHTML = html
  root = hydrateRoot(element, tree(names, {}), { onRecoverableError: (error) => errors.push(String(error)) })
}

function unmount(): void {
  root?.unmount()
  root = undefined
}

declare const requestAnimationFrame: (callback: () => void) => void

/** Returns what tells how many frames there were since, and in what time. */
function countFrames(): () => { frames: number; ms: number } {
  const startedAt = performance.now()
  let frames = 0
  const frame = (): void => {
    frames++
    requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
  return () => ({ frames, ms: performance.now() - startedAt })
}

Object.assign(globalThis, {
  show,
  hydrate,
  unmount,
  countFrames,
  seen: () => ({ renders, opened, errors }),
})
