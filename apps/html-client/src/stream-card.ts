import type { LineChart } from './line-chart.ts'
import { formatBytes, formatWithUnit } from './number-format.ts'
import { oncePerFrame } from './once-per-frame.ts'
import { copyOfTemplate, field, setText } from './page.ts'
import { StateDiagram } from './state-diagram.ts'
import { streamChart } from './stream-chart.ts'
import { noteOn } from './stream-note.ts'
import { READERS } from './stream-reader.ts'
import { whyNotNative } from './stream-request.ts'
import type { StreamSample, WireBytes } from './stream-statistics.ts'
import type { WatchedStream } from './watched-stream.ts'

/** How often a countdown is drawn. */
const COUNTDOWN_MS = 200

export interface StreamActions {
  remove(): void
  showCurl(): void
}

/** Shows one stream of the list. */
export class StreamCard {
  readonly element: HTMLElement = copyOfTemplate('stream-card')
  /** May be called as often as anything changes. */
  readonly update: () => void = oncePerFrame(() => this.#render())
  readonly #stream: WatchedStream
  readonly #state = field(this.element, 'state', HTMLElement)
  readonly #states = new StateDiagram(field(this.element, 'states', HTMLElement))
  readonly #circuits = new StateDiagram(field(this.element, 'circuits', HTMLElement))
  readonly #note = field(this.element, 'note', HTMLElement)
  readonly #toggle = field(this.element, 'toggle', HTMLButtonElement)
  readonly #cut = field(this.element, 'cut', HTMLButtonElement)
  readonly #reader = field(this.element, 'reader', HTMLSelectElement)
  readonly #figure = field(this.element, 'chart', HTMLElement)
  #chart: LineChart<StreamSample> | undefined
  #countdown: ReturnType<typeof setTimeout> | undefined

  constructor(stream: WatchedStream, { remove, showCurl }: StreamActions) {
    this.#stream = stream
    const { name, request } = stream
    this.element.setAttribute('data-testid', `stream-${name}`)
    this.element.setAttribute('aria-label', `Stream ${name}`)
    for (const part of this.element.querySelectorAll('[data-field]'))
      part.setAttribute('data-testid', `stream-${name}-${part.getAttribute('data-field')}`)

    setText(field(this.element, 'name', HTMLElement), name)
    setText(field(this.element, 'method', HTMLElement), request.method === 'GET' ? '' : request.method)
    setText(field(this.element, 'url', HTMLElement), request.url)
    this.#button('remove', `Remove ${name}`, remove)
    this.#button('curl', `Show ${name} as a curl command`, showCurl)
    this.#button('cut', `Cut the connection of ${name}`, () => stream.cut())
    this.#toggle.addEventListener('click', () => {
      if (stream.connected) stream.disconnect()
      else stream.connect()
    })
    this.#offerReaders()
    this.#render()
  }

  /** Draws what changed within the latest second. */
  showStatistics(): void {
    // Made when the card is on the page: a chart takes its colours and its size from there.
    this.#chart ??= streamChart(this.#figure)
    this.#chart.show(this.#stream.statistics.samples)
    this.#render()
  }

  themeChanged(): void {
    this.#chart?.redraw()
  }

  #button(name: string, label: string, pressed: () => void): void {
    const button = field(this.element, name, HTMLButtonElement)
    button.setAttribute('aria-label', label)
    button.addEventListener('click', pressed)
  }

  #offerReaders(): void {
    const reason = whyNotNative(this.#stream.request)
    this.#reader.setAttribute('aria-label', `Client that reads ${this.#stream.name}`)
    this.#reader.disabled = reason !== ''
    setText(field(this.element, 'reader-note', HTMLElement), reason)
    this.#reader.addEventListener('change', () => {
      const chosen = READERS.find((kind) => kind === this.#reader.value)
      if (chosen !== undefined) this.#stream.readWith(chosen)
    })
  }

  #render(): void {
    const { name, state, circuit, reader, lastEventId, connected, canBeCut, statistics } = this.#stream
    this.element.setAttribute('data-state', state.status)
    this.element.setAttribute('data-reader', reader)
    setText(this.#state, state.status)
    this.#states.show(state.status)
    this.#circuits.show(reader === 'EventSource' ? 'none' : circuit)
    this.#reader.value = reader
    this.#cut.disabled = !canBeCut
    this.#cut.title = reader === 'EventSource' ? 'A page cannot cut the connection of an EventSource.' : ''

    const { bytes, wire, samples } = statistics
    const latest = samples.at(-1)
    this.#show('events', String(statistics.events))
    this.#show('rate', formatWithUnit(latest?.eventsPerSecond ?? null, '/s'))
    this.#show('size', `${bytes.exact ? '' : '≈ '}${formatBytes(bytes.size)}`)
    this.#show('wire', wireText(wire))
    this.#show('ratio', ratioText(wire))
    this.#show('latency', formatWithUnit(latestLatency(samples), 'ms'))
    this.#show('gaps', String(statistics.gaps))
    this.#show('reconnects', String(statistics.reconnects))
    this.#show('last-id', lastEventId || '–')

    const action = connected ? 'Disconnect' : 'Connect'
    setText(this.#toggle, action)
    this.#toggle.setAttribute('aria-label', `${action} ${name}`)

    const note = noteOn(this.#stream, Date.now())
    setText(this.#note, note)
    this.#note.hidden = note === ''

    clearTimeout(this.#countdown)
    if (state.until !== undefined) this.#countdown = setTimeout(this.update, COUNTDOWN_MS)
  }

  #show(name: string, text: string): void {
    setText(field(this.element, name, HTMLElement), text)
  }
}

/** What is not known is said to be. */
function wireText({ size, complete }: WireBytes): string {
  if (complete) return formatBytes(size)
  return size === 0 ? 'not told yet' : `${formatBytes(size)} + ?`
}

function ratioText({ size, decoded }: WireBytes): string {
  if (size === 0) return '–'
  return size === decoded ? 'none' : `${(decoded / size).toFixed(1)} : 1`
}

/** The latest that was measured: most streams do not send an event in each second. */
function latestLatency(samples: readonly StreamSample[]): number | null {
  return samples.findLast(({ latencyMs }) => latencyMs !== null)?.latencyMs ?? null
}
