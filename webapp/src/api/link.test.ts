import { describe, expect, it } from 'vitest'
import { readLaunch } from './launch'
import { readLink } from './link'

const LINK = 'AQHZk3x_-link'
const TELEGRAM =
  'tgWebAppData=user%3D%257B%2522language_code%2522%253A%2522en%2522%257D%26start_param%3DfromData&tgWebAppVersion=9.1&tgWebAppPlatform=ios'

function memory(content: Record<string, string> = {}): Storage {
  const map = new Map(Object.entries(content))
  return {
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
  } as Storage
}

const at = (changes: Partial<Parameters<typeof readLink>[0]>) =>
  readLink({ pathname: '/watch', search: '', hash: '', storage: memory(), ...changes })

describe('readLink', () => {
  it('finds the secret in the fragment', () => {
    expect(at({ hash: `#${LINK}` })).toBe(LINK)
  })

  it.each(['?', '&'])('is not confused by what Telegram appends after %s', (mark) => {
    expect(at({ hash: `#${LINK}${mark}${TELEGRAM}` })).toBe(LINK)
  })

  it('finds it in the start parameter', () => {
    expect(at({ search: `?tgWebAppStartParam=${LINK}`, hash: `#${TELEGRAM}` })).toBe(LINK)
    expect(at({ hash: `#tgWebAppStartParam=${LINK}&${TELEGRAM}` })).toBe(LINK)
    expect(at({ hash: `#${TELEGRAM}` })).toBe('fromData')
  })

  it('survives a reload that lost the fragment', () => {
    const storage = memory()
    at({ hash: `#${LINK}`, storage })
    expect(at({ storage })).toBe(LINK)
  })

  it('forgets at the front door', () => {
    expect(at({ pathname: '/', storage: memory({ 'rampa.link': LINK }) })).toBeNull()
    expect(at({ pathname: '/', hash: `#${LINK}` })).toBe(LINK)
  })

  it('does without storage', () => {
    expect(at({ hash: `#${LINK}`, storage: null })).toBe(LINK)
    expect(at({ storage: null })).toBeNull()
  })
})

describe('readLaunch', () => {
  it('is nothing outside Telegram', () => {
    expect(readLaunch('', `#${LINK}`)).toBeNull()
    expect(readLaunch('?utm=1', '')).toBeNull()
  })

  it('knows the language of the person', () => {
    expect(readLaunch('', `#${TELEGRAM}`)?.language).toBe('en')
  })

  it('bears broken data', () => {
    expect(readLaunch('', '#tgWebAppData=user%3D%257Bbroken&tgWebAppPlatform=ios')).toEqual({
      startParam: null,
      language: null,
    })
  })
})
