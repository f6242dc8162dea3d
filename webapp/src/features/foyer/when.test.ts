import { describe, expect, it } from 'vitest'
import { whenItBegins } from './when'

const STARTS_AT = Date.UTC(2026, 10, 28, 18, 30) * 1000

describe('whenItBegins', () => {
  it('tells the time of the house, not of the reader', () => {
    const when = whenItBegins(STARTS_AT, 'Europe/Moscow', 'ru', 'Asia/Tokyo')
    expect(when.time).toBe('21:30')
    expect(when.date).toContain('28 ноября')
    expect(when.foreign).toBe(true)
    expect(when.iso).toBe('2026-11-28T18:30:00.000Z')
  })

  it('says nothing of zones to those who live by the same clock', () => {
    expect(whenItBegins(STARTS_AT, 'Europe/Moscow', 'ru', 'Europe/Minsk').foreign).toBe(false)
  })

  it('goes on in UTC with a zone that nobody knows', () => {
    expect(whenItBegins(STARTS_AT, 'Atlantis/Centre', 'ru', 'UTC').time).toBe('18:30')
  })
})
