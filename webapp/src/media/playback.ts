/** How often the pictures are looked at. */
export const PLAYBACK_INTERVAL_MS = 5_000

/** What `getStats` tells of a received stream, as far as it is used. */
interface Inbound {
  id: string
  type: string
  kind?: string
  totalFreezesDuration?: number
}

/**
 * Tells the house for which share of the time the pictures stand still, as the browser counts
 * it. While all is well nothing is said.
 */
export class Playback {
  readonly #connection: () => RTCPeerConnection | null
  readonly #say: (frozenPercent: number) => void
  readonly #timer: ReturnType<typeof setInterval>
  #frozen = new Map<string, number>()
  #said = 0

  constructor(connection: () => RTCPeerConnection | null, say: (frozenPercent: number) => void) {
    this.#connection = connection
    this.#say = say
    this.#timer = setInterval(() => void this.#look(), PLAYBACK_INTERVAL_MS)
  }

  dispose(): void {
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    // A page that nobody looks at decodes as it likes.
    if (document.visibilityState !== 'visible') return
    const report = await this.#connection()
      ?.getStats()
      .catch(() => undefined)
    if (report === undefined) return
    const before = this.#frozen
    this.#frozen = freezes(report)
    const percent = worst(before, this.#frozen)
    if (percent === 0 && this.#said === 0) return
    this.#said = percent
    this.#say(percent)
  }
}

/** By stream: for how many seconds its picture stood still since it began. */
function freezes(report: RTCStatsReport): Map<string, number> {
  const frozen = new Map<string, number>()
  report.forEach((stats: Inbound) => {
    if (stats.type === 'inbound-rtp' && stats.kind === 'video') {
      frozen.set(stats.id, stats.totalFreezesDuration ?? 0)
    }
  })
  return frozen
}

/** Of the picture that stood still longest, in percent of the interval. */
function worst(before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): number {
  let worst = 0
  for (const [id, seconds] of now) {
    const passed = seconds - (before.get(id) ?? seconds)
    const percent = Math.round((passed * 100_000) / PLAYBACK_INTERVAL_MS)
    // Longer than the interval: there was no picture, as when the curtain is down.
    if (percent <= 100) worst = Math.max(worst, percent)
  }
  return worst
}
