import { Observable } from './observable'
import type { Slot } from './slot-board'

/**
 * The sound of every slot: one audio element each, apart from the picture, because an element
 * with both stays silent while its camera sends no frame. Elements live as long as the page, so
 * that the one gesture that browsers ask for counts for everybody who speaks later.
 */
export class Sound {
  /** The browser waits for a gesture. */
  readonly blocked = new Observable(false)
  /** The listener wants silence. */
  readonly muted = new Observable(false)
  readonly #elements = new Map<number, HTMLAudioElement>()
  readonly #host: HTMLElement
  #slots: readonly Slot[] = []

  constructor(slots: number) {
    this.#host = document.createElement('div')
    this.#host.hidden = true
    this.#host.dataset.testid = 'sound'
    for (let slot = 0; slot < slots; slot++) this.#host.append(this.#element(slot))
    document.body.append(this.#host)
  }

  /** To be called inside a gesture, before anything is to be heard. */
  unlock(): void {
    this.blocked.set(false)
    for (const element of this.#elements.values()) this.#play(element)
  }

  setMuted(muted: boolean): void {
    this.muted.set(muted)
    this.setSlots(this.#slots)
  }

  setSlots(slots: readonly Slot[]): void {
    this.#slots = slots
    for (const [number, element] of this.#elements) {
      const slot = slots.find(({ slot }) => slot === number)
      const stream = slot?.audio ?? null
      const wasMuted = element.muted
      element.muted = this.muted.value || (slot?.person ?? null) === null
      const changed = element.srcObject !== stream
      if (changed) element.srcObject = stream
      // Browsers stop an element that is unmuted before any gesture; asking to play tells us so.
      if (stream !== null && (changed || (wasMuted && !element.muted))) this.#play(element)
    }
  }

  dispose(): void {
    for (const element of this.#elements.values()) element.srcObject = null
    this.#host.remove()
  }

  #element(slot: number): HTMLAudioElement {
    const element = document.createElement('audio')
    element.dataset.testid = `slot-${slot}-audio`
    element.autoplay = true
    this.#elements.set(slot, element)
    return element
  }

  #play(element: HTMLAudioElement): void {
    element.play().catch((error: unknown) => {
      // Anything else means that there is nothing to play yet, or no longer.
      if (error instanceof DOMException && error.name === 'NotAllowedError') this.blocked.set(true)
    })
  }
}
