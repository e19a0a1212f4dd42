// A classic script and not part of the bundle, because it has to run before the first paint: a chosen theme would
// otherwise begin with a flash of the other one. src/theme.ts takes over from here.
try {
  const chosen = localStorage.getItem('sse-demo.theme')
  if (chosen !== null) document.documentElement.dataset.theme = chosen
} catch {
  // localStorage is blocked: the system's theme it is.
}
