import { describe, expect, it } from 'vitest'
import { house, pass, person, snapshot, spectator, welcome } from '../../test/samples'
import { change, type House, reduce, type SessionState } from './state'

const admitted: SessionState = { phase: 'admitted', pass: pass(0) }
const present = (changes = {}): SessionState => ({
  phase: 'present',
  pass: pass(0),
  connected: true,
  house: house(changes),
})

describe('reduce', () => {
  it('takes a seat with the first snapshot', () => {
    const state = reduce(admitted, {
      type: 'welcome',
      welcome: welcome({ snapshot: snapshot({ curtain_raised: true, house: 12 }) }),
    })
    expect(state).toMatchObject({
      phase: 'present',
      connected: true,
      house: { curtainRaised: true, count: 12 },
    })
  })

  it('keeps the picture while the connection is lost, and when it is resumed', () => {
    const lost = reduce(present({ count: 5 }), { type: 'lost' })
    expect(lost).toMatchObject({ phase: 'present', connected: false, house: { count: 5 } })
    const back = reduce(lost, {
      type: 'welcome',
      welcome: welcome({ resumed: true, snapshot: null }),
    })
    expect(back).toMatchObject({ phase: 'present', connected: true, house: { count: 5 } })
  })

  it('forgets who speaks with the connection, and hears it anew', () => {
    const speaking = reduce(present(), {
      type: 'message',
      message: { type: 'speaking', body: { people: ['a'] } },
    })
    expect(speaking).toMatchObject({ house: { speaking: ['a'] } })
    expect(reduce(speaking, { type: 'lost' })).toMatchObject({ house: { speaking: [] } })
  })

  it('replaces everything by a fresh snapshot', () => {
    const state = reduce(present({ count: 5, curtainRaised: true }), {
      type: 'welcome',
      welcome: welcome(),
    })
    expect(state).toMatchObject({ house: { count: 1, curtainRaised: false } })
  })

  it.each(['taken-over', 'revoked', 'denied', 'outdated'] as const)('ends as %s', (ending) => {
    expect(reduce(present(), { type: 'ended', ending })).toEqual({ phase: 'ended', ending })
  })

  it('lets late news not bring back a seat that is lost', () => {
    const ended: SessionState = { phase: 'ended', ending: 'taken-over' }
    expect(reduce(ended, { type: 'welcome', welcome: welcome() })).toBe(ended)
    expect(reduce(ended, { type: 'lost' })).toBe(ended)
    const message = { type: 'house', body: { count: 3 } } as const
    expect(reduce(ended, { type: 'message', message })).toBe(ended)
  })
})

describe('change', () => {
  it('keeps what is known of links until it is taken back or the person leaves', () => {
    const link = { audio: 44, video: null, troubles: [] }
    const quality = (person: string, uplink: typeof link | null) => ({
      person,
      uplink,
      downlink: null,
    })
    const tell = (before: House, ...people: ReturnType<typeof quality>[]) =>
      change(before, { type: 'quality', body: { people } })
    let now = tell(house(), quality('a', link), quality('b', link), quality('c', link))
    now = tell(now, quality('a', null))
    now = change(now, { type: 'person_left', body: { person: 'b' } })
    expect([...now.qualities.keys()]).toEqual(['c'])
  })

  it('moves the curtain and counts the house', () => {
    const after = change(house(), { type: 'curtain', body: { raised: true } })
    expect(after.curtainRaised).toBe(true)
    expect(change(after, { type: 'house', body: { count: 40 } }).count).toBe(40)
  })

  it('shows spectators those on stage and nobody else', () => {
    const on = change(house(), { type: 'person', body: person('anna') })
    expect(on.people.map(({ id }) => id)).toEqual(['anna'])
    const off = change(on, { type: 'person', body: person('anna', { place: 'green-room' }) })
    expect(off.people).toEqual([])
  })

  it('shows the crew everybody, each in their place of the list', () => {
    const me = person('boss', { role: 'stage-manager', place: 'green-room' })
    const people = [me, person('anna'), person('boris')]
    const after = change(house({ me, people }), {
      type: 'person',
      body: person('anna', { place: 'green-room' }),
    })
    expect(after.people.map(({ id }) => id)).toEqual(['boss', 'anna', 'boris'])
    expect(after.people[1]?.place).toBe('green-room')
  })

  it('learns about oneself', () => {
    const muted = { ...spectator, muted: { audio: true, video: false } }
    expect(change(house(), { type: 'person', body: muted }).me.muted.audio).toBe(true)
  })

  it('forgets those who left', () => {
    const before = house({ people: [person('anna'), person('boris')] })
    const after = change(before, { type: 'person_left', body: { person: 'anna' } })
    expect(after.people.map(({ id }) => id)).toEqual(['boris'])
  })

  it('leaves alone what it does not know', () => {
    const before = house()
    expect(change(before, { type: 'pong' })).toBe(before)
  })
})
