import type { SlotSize } from '../api/generated/protocol'
import type { Slot } from './slot-board'

/** Smaller changes say nothing. */
const STEP_PX = 16
/** Changes come in bursts, while a page is arranged anew. */
const GATHER_MS = 250
/** A page that is arranged anew again and again is heard no more often. */
const INTERVAL_MS = 1_000
/** A short look away must not cost the picture. */
const AWAY_MS = 5_000
const MAX_HEIGHT = 0xffff

/**
 * Tells the house how large the pictures are, so that no more is sent than can be seen. Slots
 * that nobody is in are left out: whoever comes next must be seen at once. While nobody looks,
 * all are nothing, those who come meanwhile as well.
 */
export class SlotSizes {
  readonly #say: (slots: SlotSize[]) => void
  readonly #observer: ResizeObserver | null
  readonly #slots = new Map<Element, number>()
  #occupied: ReadonlySet<number> = new Set()
  #away = false
  #said = '[]'
  #restsUntil = 0
  #gathering: ReturnType<typeof setTimeout> | undefined
  #leaving: ReturnType<typeof setTimeout> | undefined

  /** Says nothing in a browser that does not tell of sizes: the house then assumes any. */
  constructor(say: (slots: SlotSize[]) => void) {
    this.#say = say
    this.#observer = 'ResizeObserver' in window ? new ResizeObserver(this.#changed) : null
    // Also comes when the window moves to a screen of other pixels.
    window.addEventListener('resize', this.#changed)
    document.addEventListener('visibilitychange', this.#looked)
    this.#looked()
  }

  /** Who is where. */
  setSlots(slots: readonly Slot[]): void {
    this.#occupied = new Set(slots.filter(({ person }) => person !== null).map(({ slot }) => slot))
    this.#changed()
  }

  /** Watches the element that shows a slot, until told to stop. */
  observe(slot: number, element: Element): () => void {
    this.#slots.set(element, slot)
    this.#observer?.observe(element)
    // An element that is not displayed has no size to tell of.
    this.#changed()
    return () => {
      if (!this.#slots.delete(element)) return
      this.#observer?.unobserve(element)
      this.#changed()
    }
  }

  /** The house has forgotten: it is told anew what differs from nothing at all. */
  repeat(): void {
    this.#said = '[]'
    this.#restsUntil = 0
    this.#tell()
  }

  dispose(): void {
    clearTimeout(this.#gathering)
    clearTimeout(this.#leaving)
    this.#observer?.disconnect()
    this.#slots.clear()
    window.removeEventListener('resize', this.#changed)
    document.removeEventListener('visibilitychange', this.#looked)
  }

  readonly #changed = () => {
    clearTimeout(this.#gathering)
    const rest = this.#restsUntil - performance.now()
    this.#gathering = setTimeout(() => this.#tell(), Math.max(GATHER_MS, rest))
  }

  readonly #looked = () => {
    clearTimeout(this.#leaving)
    if (document.visibilityState === 'hidden') {
      this.#leaving = setTimeout(() => this.#turn(true), AWAY_MS)
    } else if (this.#away) {
      this.#turn(false)
    }
  }

  #turn(away: boolean): void {
    this.#away = away
    this.#tell()
  }

  #tell(): void {
    clearTimeout(this.#gathering)
    if (this.#observer === null) return
    const slots = this.#measure()
    const text = JSON.stringify(slots)
    if (text === this.#said) return
    this.#said = text
    this.#restsUntil = performance.now() + INTERVAL_MS
    this.#say(slots)
  }

  #measure(): SlotSize[] {
    const slots: SlotSize[] = []
    for (const [element, slot] of this.#slots) {
      if (this.#away) slots.push({ slot, height: 0 })
      else if (this.#occupied.has(slot)) slots.push({ slot, height: heightOf(element) })
    }
    return slots.sort((a, b) => a.slot - b.slot)
  }
}

/** In physical pixels; 0 while it is not displayed. */
function heightOf({ clientHeight }: Element): number {
  const steps = Math.ceil((clientHeight * window.devicePixelRatio) / STEP_PX)
  return Math.min(steps * STEP_PX, MAX_HEIGHT)
}
