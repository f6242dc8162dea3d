import type { PersonId, SlotView } from '../api/generated/protocol'
import type { Frame } from './frames'
import { Observable } from './observable'
import { assign, EMPTY, frame, type Reveal, restart } from './reveal'

/** What a PeerConnection receives for one slot. */
export interface SlotMedia {
  slot: number
  audio: MediaStream | null
  video: MediaStream | null
  /** What the picture comes from; knows the time of frames where elements do not. */
  receiver: RTCRtpReceiver | null
}

/** A slot as pages see it. */
export interface Slot extends SlotMedia {
  /** Who is in it. */
  person: PersonId | null
  /** The picture is that person's and may be looked at. */
  shown: boolean
}

/** Brings together what arrives on the PeerConnection and what signalling says about it. */
export class SlotBoard {
  readonly slots = new Observable<readonly Slot[]>([])
  /** By slot, how old its last frame was on the screen, in ms. Changes too often to be told. */
  readonly delays = new Map<number, number>()
  readonly #self: PersonId
  #media: readonly SlotMedia[] = []
  #views: readonly SlotView[] = []
  #reveals = new Map<number, Reveal>()

  /** `self` is never put into a slot: nobody wants to hear themselves. */
  constructor(self: PersonId) {
    this.#self = self
  }

  /** A PeerConnection was made, or is gone (empty). */
  setMedia(media: readonly SlotMedia[]): void {
    this.#media = [...media].sort((a, b) => a.slot - b.slot)
    this.delays.clear()
    this.#reveals = new Map(
      media.map(({ slot }) => [slot, restart(assign(this.#reveal(slot), this.#viewOf(slot)))]),
    )
    this.#publish()
  }

  /** The whole list of who is where. */
  setViews(views: readonly SlotView[]): void {
    this.#views = views
    for (const { slot } of this.#media) {
      this.#reveals.set(slot, assign(this.#reveal(slot), this.#viewOf(slot)))
    }
    this.#publish()
  }

  /** A frame of the slot is on the screen. */
  onFrame(slot: number, { rtp, delay }: Frame): void {
    if (delay !== undefined) this.delays.set(slot, delay)
    const before = this.#reveal(slot)
    const after = frame(before, rtp)
    this.#reveals.set(slot, after)
    if (after.shown !== before.shown) this.#publish()
  }

  #viewOf(slot: number): SlotView | undefined {
    return this.#views.find((view) => view.slot === slot && view.person !== this.#self)
  }

  #reveal(slot: number): Reveal {
    return this.#reveals.get(slot) ?? EMPTY
  }

  #publish(): void {
    this.slots.set(
      this.#media.map((media) => {
        const { person, shown } = this.#reveal(media.slot)
        return { ...media, person, shown }
      }),
    )
  }
}
