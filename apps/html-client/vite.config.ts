import { defineConfig, loadEnv } from 'vite'

export default defineConfig(({ mode }) => {
  const { DEMO_URL = 'http://localhost:8000' } = loadEnv(mode, '.', 'DEMO_')
  const paths = ['/stream', '/metrics', '/realtime', '/api', '/health']
  return {
    // The built page is served by the demo server itself: same origin, so no address is configured anywhere.
    server: { proxy: Object.fromEntries(paths.map((path) => [path, DEMO_URL])) },
  }
})
