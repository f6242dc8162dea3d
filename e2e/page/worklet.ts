/**
 * A mouth and an ear that run on the audio thread, where nothing waits for a busy page. Both read
 * the same clock of the machine: the audio thread has no other.
 */

// The scope of a worklet, as far as it is used; TypeScript's DOM knows nothing of it.
declare class AudioWorkletProcessor {
  readonly port: MessagePort
}
declare const sampleRate: number
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void

/** A burst is long enough to survive any codec, and the silence after it longer than any echo. */
const BURST_SECONDS = 0.1
const PERIOD_SECONDS = 0.6
const HERTZ = 1000
/** Louder than comfort noise, far below a burst. */
const ONSET = 0.05
/** Silence that separates two bursts. */
const PAUSE_SECONDS = 0.2

/** Utters a tone burst every while, or whenever it is told to, and says when. */
class Mouth extends AudioWorkletProcessor {
  #sample = 0
  #begin = Number.POSITIVE_INFINITY
  #periodic = false

  constructor() {
    super()
    this.port.onmessage = ({ data }) => {
      this.#periodic = data === 'periodic'
      this.#begin = this.#sample
    }
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const channel = outputs[0]?.[0]
    if (channel === undefined) return true
    for (let i = 0; i < channel.length; i++, this.#sample++) {
      const since = (this.#sample - this.#begin) / sampleRate
      if (since === 0) this.port.postMessage(Date.now() + (i / sampleRate) * 1000)
      channel[i] =
        since >= 0 && since < BURST_SECONDS ? 0.5 * Math.sin(2 * Math.PI * HERTZ * since) : 0
      if (this.#periodic && since >= PERIOD_SECONDS) this.#begin = this.#sample + 1
    }
    return true
  }
}

/** Says when a burst begins to be heard. */
class Ear extends AudioWorkletProcessor {
  #silence = 0

  process([input]: Float32Array[][]): boolean {
    const channel = input?.[0]
    if (channel === undefined) return true
    for (let i = 0; i < channel.length; i++) {
      if (Math.abs(channel[i] ?? 0) < ONSET) {
        this.#silence++
        continue
      }
      if (this.#silence >= PAUSE_SECONDS * sampleRate) {
        this.port.postMessage(Date.now() + (i / sampleRate) * 1000)
      }
      this.#silence = 0
    }
    return true
  }
}

registerProcessor('mouth', Mouth)
registerProcessor('ear', Ear)
