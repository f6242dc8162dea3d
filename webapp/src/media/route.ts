import { Observable } from './observable'

/** How sound and picture travel: straight by UDP, straight by TCP, or by way of a relay. */
export type Way = 'udp' | 'tcp' | 'relay'

/** What a connection's statistics say about its way. */
export interface Outlook {
  /** The way in use, once there is one. */
  way: Way | null
  /** The house was asked straight by UDP and has not answered. */
  udpSilent: boolean
}

/** The parts of an entry of `getStats` that matter here. */
interface Entry {
  id: string
  type: string
  selectedCandidatePairId?: string
  localCandidateId?: string
  /** Firefox names the pair in use like this. */
  selected?: boolean
  nominated?: boolean
  state?: string
  requestsSent?: number
  responsesReceived?: number
  candidateType?: string
  protocol?: string
}

/** Judges by a report of `getStats`. */
export function outlook(report: Iterable<Entry>): Outlook {
  const entries = new Map([...report].map((entry) => [entry.id, entry]))
  const pairs = [...entries.values()].filter(({ type }) => type === 'candidate-pair')
  const wayOf = (pair: Entry | undefined): Way | null => {
    const local = entries.get(pair?.localCandidateId ?? '')
    if (local === undefined) return null
    if (local.candidateType === 'relay') return 'relay'
    return local.protocol === 'tcp' ? 'tcp' : 'udp'
  }
  const transport = [...entries.values()].find(({ type }) => type === 'transport')
  const inUse =
    entries.get(transport?.selectedCandidatePairId ?? '') ??
    pairs.find(({ selected, nominated, state }) => selected ?? (nominated && state === 'succeeded'))
  const byUdp = pairs.filter((pair) => wayOf(pair) === 'udp')
  const total = (key: 'requestsSent' | 'responsesReceived') =>
    byUdp.reduce((sum, pair) => sum + (pair[key] ?? 0), 0)
  return {
    way: wayOf(inUse),
    udpSilent: total('requestsSent') > 0 && total('responsesReceived') === 0,
  }
}

/** So long UDP may take before something is said about it. */
const UDP_PATIENCE_MS = 1_500
/** How often a connection that is being made is looked at. */
const LOOK_MS = 500
/** How often one that stands is looked at: its way may change. */
const GLANCE_MS = 10_000
/** How long people are told that they go another way than straight by UDP. */
const NEWS_MS = 8_000

/** Watches which way a connection finds. The browser tries all of them by itself. */
export class Route {
  /** The way in use. */
  readonly way = new Observable<Way | null>(null)
  /** UDP is blocked, as it seems, and other ways are being tried. */
  readonly detour = new Observable(false)
  /** Another way than UDP was found just now. */
  readonly news = new Observable<Exclude<Way, 'udp'> | null>(null)
  #pc: RTCPeerConnection | null = null
  #asked = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #newsTimer: ReturnType<typeof setTimeout> | undefined

  /** Looks after this connection from now on. */
  watch(pc: RTCPeerConnection): void {
    this.stop()
    this.#pc = pc
    this.#asked = Date.now()
    this.#later(LOOK_MS)
  }

  /** The connection has come about, or has changed: looks at once. */
  look(): void {
    clearTimeout(this.#timer)
    void this.#look()
  }

  /** There is nothing to look after. */
  stop(): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#newsTimer)
    this.#pc = null
    this.way.set(null)
    this.detour.set(false)
    this.news.set(null)
  }

  async #look(): Promise<void> {
    const pc = this.#pc
    const report = await pc?.getStats().catch(() => null)
    if (pc === null || pc !== this.#pc) return
    const connected = pc.connectionState === 'connected'
    if (report) {
      const { way, udpSilent } = outlook((report as unknown as Map<string, Entry>).values())
      const late = Date.now() - this.#asked >= UDP_PATIENCE_MS
      this.detour.set(!connected && udpSilent && late)
      if (connected) this.#found(way)
    }
    this.#later(connected && this.way.value !== null ? GLANCE_MS : LOOK_MS)
  }

  #found(way: Way | null): void {
    if (way === null || way === this.way.value) return
    this.way.set(way)
    clearTimeout(this.#newsTimer)
    this.news.set(way === 'udp' ? null : way)
    this.#newsTimer = setTimeout(() => this.news.set(null), NEWS_MS)
  }

  #later(delay: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#look(), delay)
  }
}
