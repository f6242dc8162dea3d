import { describe, expect, it } from 'vitest'
import { en } from './en'
import { detectLanguage } from './language'
import { ru } from './ru'

/** Every text by its path; functions are called, so that what they make is seen too. */
function texts(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]]
  if (typeof value === 'function') return [[`${path}()`, String(value(5))]]
  return Object.entries(value as object).flatMap(([key, inner]) => texts(inner, `${path}.${key}`))
}

describe('texts', () => {
  it('are the same set in both languages', () => {
    expect(texts(en).map(([path]) => path)).toEqual(texts(ru).map(([path]) => path))
  })

  it('are all there', () => {
    for (const [path, text] of [...texts(ru), ...texts(en)]) expect(text.trim(), path).not.toBe('')
  })

  it('are each in their own language', () => {
    for (const [path, text] of texts(ru)) expect(text, path).toMatch(/[а-яё]/i)
    for (const [path, text] of texts(en)) expect(text, path).not.toMatch(/[а-яё]/i)
  })

  it('count spectators by the rules of the language', () => {
    const counted = [1, 2, 5, 11, 21, 22, 100].map((n) => ru.foyer.count(n))
    expect(counted).toEqual([
      'В зале 1 зритель',
      'В зале 2 зрителя',
      'В зале 5 зрителей',
      'В зале 11 зрителей',
      'В зале 21 зритель',
      'В зале 22 зрителя',
      'В зале 100 зрителей',
    ])
    expect([0, 1, 2].map((n) => en.console.spectators(n))).toEqual([
      'spectators',
      'spectator',
      'spectators',
    ])
  })
})

describe('detectLanguage', () => {
  it('prefers a choice to Telegram, and Telegram to the browser', () => {
    expect(detectLanguage('ru', 'en', 'en-GB')).toBe('ru')
    expect(detectLanguage(null, 'en', 'ru-RU')).toBe('en')
    expect(detectLanguage(null, null, 'en-GB')).toBe('en')
    expect(detectLanguage(null, undefined, 'de')).toBe('ru')
  })
})
