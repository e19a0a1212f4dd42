// Waits for what a component shows are given up after a second, which a busy machine may need.
if ('document' in globalThis) {
  const { configure } = await import('@testing-library/react')
  configure({ asyncUtilTimeout: 60_000 })
}
