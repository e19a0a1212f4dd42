import { installAddChannelForm } from './add-channel-form.ts'
import { Announcer } from './announcer.ts'
import { installBroadcastForm } from './broadcast-form.ts'
import { EventLogPanel } from './event-log-panel.ts'
import { EventTypes } from './event-types.ts'
import { installEventTypesField } from './event-types-field.ts'
import { MetricsPanel } from './metrics-panel.ts'
import { byId } from './page.ts'
import { ServerHealth } from './server-health.ts'
import { StreamList } from './stream-list.ts'
import { installThemeToggle } from './theme.ts'

const announcer = new Announcer(byId('announcements', HTMLElement))
const health = new ServerHealth(byId('health', HTMLElement))
const log = new EventLogPanel(byId('log-panel', HTMLElement))
const metrics = new MetricsPanel(byId('metrics', HTMLElement))
installThemeToggle(byId('theme-toggle', HTMLButtonElement), () => metrics.themeChanged())

const eventTypes = new EventTypes(() => {
  streams.listenForNewTypes()
  showEventTypes()
})
const showEventTypes = installEventTypesField(eventTypes)

/** Streams that were lost and have not come back yet. */
const lost = new Set<string>()

const streams = new StreamList(byId('streams', HTMLElement), eventTypes, {
  eventReceived(stream, event) {
    log.add(stream, event)
    if (event.type === 'metrics') metrics.add(event.data)
    if (event.type === 'gap') announcer.announce(`gap ${stream}`, `Events of ${stream} were missed.`)
  },
  stateChanged(stream, state) {
    announcer.announce(stream, `Stream ${stream} is ${state}.`)
    if (state === 'reconnecting') lost.add(stream)
    else if (!lost.delete(stream)) return
    void health.check()
  },
  namesChanged(names) {
    log.filter.offerStreams(names)
  },
})

const presets = [streams.add('main', '/stream'), streams.add('metrics', '/metrics')]
installAddChannelForm(streams)
installBroadcastForm(eventTypes)

void health.check()
if (new URLSearchParams(location.search).get('autoconnect') !== '0') {
  for (const connection of presets) connection.connect()
}
