import type { PersonId, SlotView } from '../api/generated/protocol'

/**
 * Whose face a slot shows. The same video element serves one person after another; until the
 * first frame of the new one is on it, the picture is the predecessor's and stays hidden.
 */
export interface Reveal {
  readonly person: PersonId | null
  /** The picture on the element is `person`'s. */
  readonly shown: boolean
  /** RTP timestamp from which on frames are `person`'s; null until the server knows it. */
  readonly from: number | null
  /** RTP timestamp of the newest frame on the element. */
  readonly newest: number | null
  /** The person was there before the element showed anything, so that no face can be stale. */
  readonly inherited: boolean
}

/** A slot with nobody in it and nothing seen yet. */
export const EMPTY: Reveal = {
  person: null,
  shown: false,
  from: null,
  newest: null,
  inherited: false,
}

/** The server said who is in the slot; undefined when nobody is. */
export function assign(reveal: Reveal, view: SlotView | undefined): Reveal {
  if (view === undefined) {
    return { ...reveal, person: null, shown: false, from: null, inherited: false }
  }
  const stays = view.person === reveal.person
  const inherited = stays && reveal.inherited
  const next = { ...reveal, person: view.person, from: view.video_rtp, inherited }
  return { ...next, shown: (stays && reveal.shown) || belongs(next) }
}

/** A frame is on the element. `rtp` is undefined in browsers that do not tell it. */
export function frame(reveal: Reveal, rtp: number | undefined): Reveal {
  const next = { ...reveal, newest: rtp ?? reveal.newest }
  if (reveal.shown || reveal.person === null) return next
  return { ...next, shown: rtp === undefined ? reveal.from !== null : belongs(next) }
}

/** A new PeerConnection: the element has shown nobody yet. */
export function restart(reveal: Reveal): Reveal {
  return { ...reveal, shown: false, newest: null, inherited: reveal.person !== null }
}

function belongs({ from, newest, inherited }: Reveal): boolean {
  // Half the range of RTP time is 6.6 hours: someone who plays longer is not taken for stale.
  return from !== null && newest !== null && (inherited || isAtOrAfter(newest, from))
}

/** Whether RTP timestamp `a` is `b` or later, across the wrap at 2^32 (RFC 3550 section 5.1). */
export function isAtOrAfter(a: number, b: number): boolean {
  return (a - b) >>> 0 < 2 ** 31
}
