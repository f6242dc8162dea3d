import type { PersonId, PersonView } from '../../api/generated/protocol'
import type { Slot } from '../../media/slot-board'
import type { House } from '../session/state'

/** Somebody in a slot, as the stage shows them. */
export interface Face {
  slot: number
  person: PersonId
  name: string
  part: string | undefined
  /** There is a picture and it is theirs; otherwise a card with the name. */
  pictured: boolean
  /** They are heard and have no picture, rather than one that is about to come. */
  voiceOnly: boolean
  speaking: boolean
}

/** Who is on stage: faces in slots with a picture section, and voices in the others. */
export interface Ensemble {
  faces: Face[]
  voices: Face[]
}

/** Puts together who is in the slots and what is known of them, in the order of the slots. */
export function ensemble(slots: readonly Slot[], house: House): Ensemble {
  const result: Ensemble = { faces: [], voices: [] }
  for (const slot of slots) {
    if (slot.person === null) continue
    const person = house.people.find(({ id }) => id === slot.person)
    const face = toFace(slot, slot.person, person, house)
    // A voice is shown by its name alone.
    if (slot.video === null && face.name === '') continue
    ;(slot.video === null ? result.voices : result.faces).push(face)
  }
  return result
}

function toFace(slot: Slot, id: PersonId, person: PersonView | undefined, house: House): Face {
  // News of a person may come after news of their slot; until then the picture decides.
  const sends = person === undefined || (person.live.video && !person.muted.video)
  return {
    slot: slot.slot,
    person: id,
    name: person?.name ?? '',
    part: house.performance.cast.find(({ name }) => name === person?.name)?.part || undefined,
    pictured: sends && slot.shown,
    voiceOnly: !sends && person.live.audio && !person.muted.audio,
    speaking: house.speaking.includes(id),
  }
}
