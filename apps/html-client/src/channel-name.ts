const CHANNEL_NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/

export function isChannelName(name: string): boolean {
  return CHANNEL_NAME.test(name)
}

export function channelUrl(name: string): string {
  return `/realtime/${encodeURIComponent(name)}`
}
