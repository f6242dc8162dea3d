import { describe, expect, it } from 'vitest'
import { assign, EMPTY, frame, isAtOrAfter, restart } from './reveal'

const anna = (video_rtp: number | null) => ({ slot: 0, person: 'anna', video_rtp })
const boris = (video_rtp: number | null) => ({ slot: 0, person: 'boris', video_rtp })

describe('isAtOrAfter', () => {
  it.each([
    [10, 10, true],
    [11, 10, true],
    [9, 10, false],
    [5, 0xffff_fff0, true],
    [0xffff_fff0, 5, false],
    [0x8000_0000, 0, false],
    [0x7fff_ffff, 0, true],
  ])('%d after %d: %s', (a, b, expected) => {
    expect(isAtOrAfter(a, b)).toBe(expected)
  })
})

describe('reveal', () => {
  it('hides the predecessor until the first frame of the new person', () => {
    let slot = frame(assign(EMPTY, anna(1000)), 1000)
    expect(slot.shown).toBe(true)
    slot = assign(slot, boris(90_000))
    expect(slot.shown).toBe(false)
    slot = frame(slot, 87_000)
    expect(slot.shown).toBe(false)
    slot = frame(slot, 90_000)
    expect(slot.shown).toBe(true)
  })

  it('works across the wrap of RTP time', () => {
    let slot = frame(assign(EMPTY, anna(0xffff_0000)), 0xffff_0000)
    slot = assign(slot, boris(200))
    expect(frame(slot, 0xffff_fff0).shown).toBe(false)
    expect(frame(slot, 3200).shown).toBe(true)
  })

  it('shows a person whose frames came before the news of them', () => {
    const slot = frame(frame(assign(EMPTY, anna(1000)), 1000), 93_000)
    expect(assign(slot, boris(90_000)).shown).toBe(true)
  })

  it('waits while the server knows of no frame', () => {
    const slot = frame(assign(EMPTY, anna(null)), 1000)
    expect(slot.shown).toBe(false)
    expect(assign(slot, anna(900)).shown).toBe(true)
  })

  it('hides the face of one who left', () => {
    const slot = frame(assign(EMPTY, anna(1000)), 1000)
    expect(assign(slot, undefined)).toMatchObject({ person: null, shown: false })
    expect(frame(assign(slot, undefined), 2000).shown).toBe(false)
  })

  it('keeps a face through a repeated announcement', () => {
    const slot = frame(assign(EMPTY, anna(1000)), 1000)
    expect(assign(slot, anna(1000)).shown).toBe(true)
  })

  it('shows one who has played longer than half the range of RTP time', () => {
    const joined = restart(assign(EMPTY, anna(0)))
    expect(frame(joined, 0x9000_0000).shown).toBe(true)
    // ... but trusts nobody who comes after the connection was made.
    expect(frame(assign(joined, boris(0)), 0x9000_0000).shown).toBe(false)
  })

  it('shows nobody on a new connection before its first frame', () => {
    expect(restart(frame(assign(EMPTY, anna(1000)), 1000)).shown).toBe(false)
  })

  it('falls back to the first frame after the announcement where browsers tell no time', () => {
    const slot = assign(EMPTY, anna(1000))
    expect(frame(slot, undefined).shown).toBe(true)
    expect(frame(assign(EMPTY, anna(null)), undefined).shown).toBe(false)
  })
})
