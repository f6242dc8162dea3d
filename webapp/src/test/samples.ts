import type {
  PerformanceView,
  PersonView,
  SessionResponse,
  Snapshot,
  Welcome,
} from '../api/generated/protocol'
import type { House } from '../features/session/state'

export const performance: PerformanceView = {
  slug: 'demo',
  title: 'Чайка',
  description: 'Комедия в четырёх действиях',
  poster: '/posters/demo.svg',
  starts_at: Date.UTC(2026, 10, 28, 18, 0) * 1000,
  time_zone: 'Europe/Moscow',
  cast: [{ name: 'Анна', part: 'Нина' }],
}

export function person(id: string, changes: Partial<PersonView> = {}): PersonView {
  return {
    id,
    name: id,
    role: 'actor',
    place: 'on-stage',
    online: true,
    live: { audio: true, video: true },
    muted: { audio: false, video: false },
    ...changes,
  }
}

export const spectator = person('me', { role: 'spectator', place: 'house' })

export function snapshot(changes: Partial<Snapshot> = {}): Snapshot {
  return {
    performance,
    me: spectator,
    curtain_raised: false,
    house: 1,
    people: [],
    slots: [],
    ...changes,
  }
}

export function welcome(changes: Partial<Welcome> = {}): Welcome {
  return {
    stream: 'stream-1',
    resumed: false,
    media_session: null,
    snapshot: snapshot(),
    ...changes,
  }
}

export function house(changes: Partial<House> = {}): House {
  return {
    performance,
    me: spectator,
    curtainRaised: false,
    count: 1,
    people: [],
    speaking: [],
    qualities: new Map(),
    ...changes,
  }
}

/** A pass whose token lives five minutes from `now`, which is in milliseconds. */
export function pass(now: number, changes: Partial<SessionResponse> = {}): SessionResponse {
  return {
    token: 'token-1',
    expires_at: (now + 300_000) * 1000,
    role: 'spectator',
    name: 'me',
    performance,
    ice_servers: [],
    video: 'vp8',
    ...changes,
  }
}
