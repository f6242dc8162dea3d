import type {
  PerformanceView,
  PersonId,
  PersonQuality,
  PersonView,
  ServerMessage,
  SessionResponse,
  Welcome,
} from '../../api/generated/protocol'
import type { Ending as LostSeat } from '../../media/signalling'

/** Why there is no seat, and will be none until the person does something. */
export type Ending = LostSeat | 'unsupported'

/** What a seated person knows of the performance. Who is in which slot is the room's business. */
export interface House {
  performance: PerformanceView
  me: PersonView
  curtainRaised: boolean
  /** Spectators with a live connection. */
  count: number
  /** Crew: everybody. Others: those on stage. */
  people: readonly PersonView[]
  /** Who speaks right now. */
  speaking: readonly PersonId[]
  /** Crew: how well the media of those goes of whom anything is known. */
  qualities: ReadonlyMap<PersonId, PersonQuality>
}

/** Where somebody who opened a link stands. Every page is a function of this. */
export type SessionState =
  /** The page was opened without a link. */
  | { phase: 'no-link' }
  /** The link is being looked at. */
  | { phase: 'checking' }
  /** The house does not answer; it is asked again and again. */
  | { phase: 'unreachable' }
  /** The link is good; a seat is being taken. */
  | { phase: 'admitted'; pass: SessionResponse }
  | { phase: 'present'; pass: SessionResponse; connected: boolean; house: House }
  | { phase: 'ended'; ending: Ending }

/** What can happen to a session. */
export type SessionEvent =
  | { type: 'no-link' }
  | { type: 'checking' }
  | { type: 'unreachable' }
  | { type: 'admitted'; pass: SessionResponse }
  | { type: 'welcome'; welcome: Welcome }
  | { type: 'message'; message: ServerMessage }
  | { type: 'lost' }
  | { type: 'ended'; ending: Ending }

/** The state after `event`. What makes no sense in a state leaves it as it is. */
export function reduce(state: SessionState, event: SessionEvent): SessionState {
  switch (event.type) {
    case 'no-link':
    case 'checking':
    case 'unreachable':
      return { phase: event.type }
    case 'admitted':
      return { phase: 'admitted', pass: event.pass }
    case 'welcome':
      return welcomed(state, event.welcome)
    case 'message':
      if (state.phase !== 'present') return state
      return { ...state, house: change(state.house, event.message) }
    case 'lost':
      return state.phase === 'present' ? { ...state, connected: false, house: hush(state) } : state
    case 'ended':
      return { phase: 'ended', ending: event.ending }
  }
}

function welcomed(state: SessionState, { snapshot }: Welcome): SessionState {
  if (state.phase !== 'admitted' && state.phase !== 'present') return state
  if (snapshot === null) {
    return state.phase === 'present' ? { ...state, connected: true, house: hush(state) } : state
  }
  const { performance, me, curtain_raised, house: count, people } = snapshot
  const house: House = {
    performance,
    me,
    curtainRaised: curtain_raised,
    count,
    people,
    speaking: [],
    // What the house knows of links follows.
    qualities: new Map(),
  }
  return { phase: 'present', pass: state.pass, connected: true, house }
}

/** Without a connection nobody is known to speak. */
function hush({ house }: SessionState & { phase: 'present' }): House {
  return house.speaking.length === 0 ? house : { ...house, speaking: [] }
}

/** The house after a message of the server. */
export function change(house: House, message: ServerMessage): House {
  switch (message.type) {
    case 'curtain':
      return { ...house, curtainRaised: message.body.raised }
    case 'house':
      return { ...house, count: message.body.count }
    case 'person':
      return withPerson(house, message.body)
    case 'speaking':
      return { ...house, speaking: message.body.people }
    case 'person_left':
      return {
        ...house,
        people: house.people.filter(({ id }) => id !== message.body.person),
        qualities: withQualities(house, [nothing(message.body.person)]),
      }
    case 'quality':
      return { ...house, qualities: withQualities(house, message.body.people) }
    default:
      return house
  }
}

function nothing(person: PersonId): PersonQuality {
  return { person, uplink: null, downlink: null }
}

function withQualities(
  { qualities }: House,
  news: readonly PersonQuality[],
): ReadonlyMap<PersonId, PersonQuality> {
  const known = new Map(qualities)
  for (const quality of news) {
    if (quality.uplink === null && quality.downlink === null) known.delete(quality.person)
    else known.set(quality.person, quality)
  }
  return known
}

function withPerson(house: House, person: PersonView): House {
  const me = person.id === house.me.id ? person : house.me
  const seen = house.me.role === 'stage-manager' || person.place === 'on-stage'
  const known = house.people.some(({ id }) => id === person.id)
  let people = house.people
  if (!seen) people = people.filter(({ id }) => id !== person.id)
  // Whoever changes keeps their place in the list, so that no row jumps under a finger.
  else if (known) people = people.map((other) => (other.id === person.id ? person : other))
  else people = [...people, person]
  return { ...house, me, people }
}
