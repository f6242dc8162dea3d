import { type Loss, LossChain, NO_LOSS } from './loss.ts'
import { normal, type Random, seeded } from './random.ts'

/** What a packet meets in one direction. */
export interface Weather {
  /** How long every packet travels, in ms. */
  delayMs: number
  /**
   * How far the delay strays from that, at most, in ms. It drifts as queues on the way fill and
   * drain, and so keeps packets in order; what overtakes is `reorder`.
   */
  jitterMs: number
  loss: Loss
  /** What the link carries, in kbit/s; 0 for no limit. */
  rateKbps: number
  /** How long a packet may wait for its turn when there is a limit, in ms; longer is lost. */
  queueMs: number
  /** The share of packets that are held back, in which case those behind overtake. */
  reorder: number
  /** How long they are held back, in ms. */
  reorderMs: number
}

/** Nothing happens to packets. */
export const CLEAR: Weather = {
  delayMs: 0,
  jitterMs: 0,
  loss: NO_LOSS,
  rateKbps: 0,
  queueMs: 200,
  reorder: 0,
  reorderMs: 0,
}

/** Of UDP over IPv4, which a rate counts too, in bytes. */
const HEADERS = 28
/** After so long the delay has forgotten how far it strayed, in ms. */
const DRIFT_MS = 100

/** What became of the packets of a link. */
export interface Fates {
  carried: number
  /** Lost by chance. */
  lost: number
  /** Lost because the queue was full. */
  crowded: number
}

/** One direction of a link: tells when a packet arrives. It reads no clock and moves no bytes. */
export class Link {
  readonly fates: Fates = { carried: 0, lost: 0, crowded: 0 }
  weather: Weather
  readonly #random: Random
  readonly #chain: LossChain
  /** When all that was taken before has left the queue. */
  #idleAt = Number.NEGATIVE_INFINITY
  /** When the last packet that kept its place arrives. */
  #lastArrival = Number.NEGATIVE_INFINITY
  /** How far the delay strays, in deviations, and since when. */
  #strays = 0
  #strayedAt = Number.NEGATIVE_INFINITY

  constructor(weather: Weather, seed: number) {
    this.weather = weather
    this.#random = seeded(seed)
    this.#chain = new LossChain(this.#random)
  }

  /** When a packet of `bytes` that is sent at `now` (ms) arrives; null when it is lost. */
  send(now: number, bytes: number): number | null {
    const { loss, delayMs, reorder, reorderMs } = this.weather
    const strays = this.#stray(now)
    // Every packet draws the same numbers in every weather: the same seed loses the same ones.
    const lost = this.#chain.loses(loss)
    const held = this.#random() < reorder
    const leaves = this.#queue(now, bytes)
    if (leaves === null) {
      this.fates.crowded++
      return null
    }
    if (lost) {
      this.fates.lost++
      return null
    }
    this.fates.carried++
    const arrival = leaves + Math.max(0, delayMs + strays)
    if (held) return arrival + reorderMs
    this.#lastArrival = Math.max(arrival, this.#lastArrival)
    return this.#lastArrival
  }

  /** When a packet has left the queue; null when it finds no place in it. */
  #queue(now: number, bytes: number): number | null {
    const { rateKbps, queueMs } = this.weather
    if (rateKbps === 0) return now
    const begins = Math.max(now, this.#idleAt)
    if (begins - now > queueMs) return null
    this.#idleAt = begins + ((bytes + HEADERS) * 8) / rateKbps
    return this.#idleAt
  }

  /** How much longer or shorter the way is now, in ms. */
  #stray(now: number): number {
    const memory = Math.exp((this.#strayedAt - now) / DRIFT_MS)
    this.#strayedAt = now
    const news = normal(this.#random) * Math.sqrt(1 - memory * memory)
    this.#strays = this.#strays * memory + news
    // Two deviations are the limit, which one packet in twenty meets.
    return (Math.min(2, Math.max(-2, this.#strays)) / 2) * this.weather.jitterMs
  }
}
