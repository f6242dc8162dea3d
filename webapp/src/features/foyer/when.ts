import type { Language, Timestamp } from '../../api/generated/protocol'

/** When a performance begins, by the clock of its house. */
export interface When {
  /** For `<time datetime>`. */
  iso: string
  date: string
  time: string
  /** Whether the reader's own clock shows something else at that moment. */
  foreign: boolean
}

/** `startsAt` is in microseconds since 1970; `timeZone` is an IANA name. */
export function whenItBegins(
  startsAt: Timestamp,
  timeZone: string,
  language: Language,
  here: string = Intl.DateTimeFormat().resolvedOptions().timeZone,
): When {
  const moment = new Date(startsAt / 1000)
  const zone = known(timeZone) ? timeZone : 'UTC'
  const format = (options: Intl.DateTimeFormatOptions, in_ = zone) =>
    new Intl.DateTimeFormat(language, { ...options, timeZone: in_ }).format(moment)
  const clock: Intl.DateTimeFormatOptions = { hour: 'numeric', minute: '2-digit' }
  const full: Intl.DateTimeFormatOptions = { ...clock, day: 'numeric', month: 'numeric' }
  return {
    iso: moment.toISOString(),
    date: format({ weekday: 'long', day: 'numeric', month: 'long' }),
    time: format(clock),
    foreign: format(full) !== format(full, here),
  }
}

/** A browser may not know a zone that the house was given; the page goes on in UTC. */
function known(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
    return true
  } catch {
    return false
  }
}
