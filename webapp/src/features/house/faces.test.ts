import { describe, expect, it } from 'vitest'
import type { Slot } from '../../media/slot-board'
import { house, person } from '../../test/samples'
import { ensemble } from './faces'

const slot = (number: number, changes: Partial<Slot> = {}): Slot => ({
  slot: number,
  audio: null,
  video: {} as MediaStream,
  receiver: null,
  person: null,
  shown: false,
  ...changes,
})

describe('ensemble', () => {
  it('puts people of picture slots on stage in their order, and others among the voices', () => {
    const people = ['Анна', 'Борис', 'Вера'].map((name) => person(name))
    const { faces, voices } = ensemble(
      [
        slot(0, { person: 'Борис' }),
        slot(1),
        slot(2, { person: 'Анна' }),
        slot(6, { person: 'Вера', video: null }),
      ],
      house({ people }),
    )
    expect(faces.map(({ slot: number, name }) => [number, name])).toEqual([
      [0, 'Борис'],
      [2, 'Анна'],
    ])
    expect(voices.map(({ name }) => name)).toEqual(['Вера'])
  })

  it('knows who speaks, with a picture and without', () => {
    const people = ['Анна', 'Борис', 'Вера'].map((name) => person(name))
    const slots = people.map(({ id }, number) => slot(number, { person: id }))
    slots.push(slot(6, { person: 'Глеб', video: null }))
    people.push(person('Глеб'))
    const { faces, voices } = ensemble(slots, house({ people, speaking: ['Борис', 'Глеб'] }))
    expect([...faces, ...voices].map(({ speaking }) => speaking)).toEqual([
      false,
      true,
      false,
      true,
    ])
  })

  it('knows the part from the programme', () => {
    const { faces } = ensemble([slot(0, { person: 'Анна' })], house({ people: [person('Анна')] }))
    expect(faces[0]?.part).toBe('Нина')
  })

  it.each([
    ['a picture that is theirs', { live: { audio: true, video: true } }, true, true, false],
    [
      'a picture that is still another’s',
      { live: { audio: true, video: true } },
      false,
      false,
      false,
    ],
    ['no camera', { live: { audio: true, video: false } }, true, false, true],
    ['neither', { live: { audio: false, video: false } }, true, false, false],
    ['a muted picture', { muted: { audio: false, video: true } }, true, false, true],
  ])('shows %s rightly', (_what, changes, shown, pictured, voiceOnly) => {
    const { faces } = ensemble(
      [slot(0, { person: 'Анна', shown })],
      house({ people: [person('Анна', changes)] }),
    )
    expect(faces[0]).toMatchObject({ pictured, voiceOnly })
  })
})
