import { installAddChannelForm } from './add-channel-form.ts'
import { Announcer } from './announcer.ts'
import { installBroadcastForm } from './broadcast-form.ts'
import { installCurlDialog } from './curl-dialog.ts'
import { EventLogPanel } from './event-log-panel.ts'
import { EventTypes } from './event-types.ts'
import { installEventTypesField } from './event-types-field.ts'
import { installKeyboard } from './keyboard.ts'
import { MetricsPanel } from './metrics-panel.ts'
import { installOpenStreamForm } from './open-stream-form.ts'
import { byId } from './page.ts'
import { ServerHealth } from './server-health.ts'
import { isHarmless, readSharedState, type SharedStream, writeSharedState } from './shared-state.ts'
import { StreamList } from './stream-list.ts'
import { getRequest } from './stream-request.ts'
import { installThemeToggle } from './theme.ts'
import { installTroublePanel } from './trouble-panel.ts'

const PRESETS: readonly SharedStream[] = [
  { name: 'main', request: getRequest('/stream') },
  { name: 'metrics', request: getRequest('/metrics') },
]

const shared = readSharedState(location.hash)
/** Before that, what the address says is not overwritten by the first parts that it made. */
let started = false
const announcer = new Announcer(byId('announcements', HTMLElement))
const health = new ServerHealth(byId('health', HTMLElement))
const log = new EventLogPanel(byId('log-panel', HTMLElement), share)
const metrics = new MetricsPanel(byId('metrics', HTMLElement))
const showCurl = installCurlDialog()

const eventTypes = new EventTypes(() => {
  streams.listenForNewTypes()
  showEventTypes()
  share()
})
const showEventTypes = installEventTypesField(eventTypes)

/** Compressed as well as not. */
function isMetrics(url: string): boolean {
  return url.split('?', 1)[0] === '/metrics'
}

/** Streams that were lost and have not come back yet. */
const lost = new Set<string>()

const streams: StreamList = new StreamList(byId('streams', HTMLElement), eventTypes, {
  eventReceived({ name, request }, event) {
    log.addEvent(name, event)
    if (event.type === 'metrics' && isMetrics(request.url)) metrics.add(event.data)
    if (event.type === 'gap') announcer.announce(`gap ${name}`, `Events of ${name} were missed.`)
  },
  commentReceived({ name }, comment) {
    log.addComment(name, comment)
  },
  stateChanged({ name }, status) {
    announcer.announce(name, `Stream ${name} is ${status}.`)
    if (status === 'waiting' || status === 'suspended') lost.add(name)
    else if (status !== 'open' || !lost.delete(name)) return
    void health.check()
  },
  changed() {
    log.filter.offerStreams(streams.names)
    share()
  },
  showCurl,
})

/** Puts what is watched into the address, from where it can be shared or kept as a bookmark. */
function share(): void {
  if (!started) return
  const watched = streams.streams.map(({ name, request, reader }) => ({
    name,
    request: { ...request, reader },
  }))
  const state = { streams: watched, types: eventTypes.added(), filter: log.filter.choice }
  history.replaceState(history.state, '', writeSharedState(state))
}

installThemeToggle(byId('theme-toggle', HTMLButtonElement), () => {
  metrics.themeChanged()
  streams.themeChanged()
})
installAddChannelForm(streams)
installOpenStreamForm(streams)
installBroadcastForm(eventTypes)
installTroublePanel()
installKeyboard({ '/': () => log.filter.focusSearch(), p: () => log.togglePause() })

const connects = new URLSearchParams(location.search).get('autoconnect') !== '0'
for (const { name, request } of shared.streams ?? PRESETS) {
  const stream = streams.add(streams.freeName(name), request)
  if (connects && isHarmless(request)) stream.connect()
}
if (shared.types) eventTypes.replaceAdded(`${eventTypes.added()},${shared.types}`)
if (shared.filter) log.filter.choose(shared.filter)
log.filterAgain()
started = true
void health.check()
