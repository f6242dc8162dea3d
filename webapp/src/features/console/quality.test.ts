import { expect, describe as group, it } from 'vitest'
import type { Trouble } from '../../api/generated/protocol'
import { en } from '../../i18n/en'
import { ru } from '../../i18n/ru'
import { describe, level, score } from './quality'

group('score', () => {
  it.each([
    [44, 31, 31],
    [44, null, 44],
    [null, 31, 31],
    [null, null, null],
  ])('of sound %s and picture %s is %s', (audio, video, expected) => {
    expect(score({ audio, video, troubles: [] })).toBe(expected)
  })
})

group('level', () => {
  it('falls with the score', () => {
    expect([45, 40, 39, 36, 35, 31, 30, 10].map(level)).toEqual([4, 4, 3, 3, 2, 2, 1, 1])
  })
})

group('describe', () => {
  const troubles: Trouble[] = [
    { type: 'loss', percent: 4 },
    { type: 'small', kbps: 300 },
    { type: 'freezes', percent: 10 },
    { type: 'delay', ms: 350 },
    { type: 'dark', kbps: 60 },
  ]

  it('says in both languages what is wrong', () => {
    const say = (text: typeof en) =>
      troubles.map((trouble) => describe(text.console.quality, 'downlink', trouble))
    expect(say(en)).toEqual([
      'weak link: 4 % lost',
      'shown small: link carries 300 kbit/s',
      'picture stands still 10 % of the time',
      'slow link: 350 ms there and back',
      'no room for a picture: link carries 60 kbit/s',
    ])
    expect(say(ru)).toEqual([
      'слабая связь: теряется 4 %',
      'картинка уменьшена: связь тянет 300 кбит/с',
      'картинка стоит 10 % времени',
      'медленная связь: 350 мс туда и обратно',
      'картинка не помещается: связь тянет 60 кбит/с',
    ])
  })

  it('knows who suffers from a small picture', () => {
    const small: Trouble = { type: 'small', kbps: 300 }
    expect(describe(en.console.quality, 'uplink', small)).toBe(
      'sends a smaller picture: 300 kbit/s come through',
    )
  })
})
