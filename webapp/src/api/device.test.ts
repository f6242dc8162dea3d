import { expect, it } from 'vitest'
import { deviceId } from './device'

it('names the browser once', () => {
  const map = new Map<string, string>()
  const storage = {
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
  } as Storage
  const name = deviceId(storage)
  expect(name).toMatch(/^[A-Za-z0-9_-]{16,64}$/)
  expect(deviceId(storage)).toBe(name)
})

it('replaces a name that the house would not take, and does without storage', () => {
  const storage = { getItem: () => 'x', setItem: () => undefined } as unknown as Storage
  expect(deviceId(storage)).toMatch(/^[0-9a-f]{32}$/)
  expect(deviceId(null)).not.toBe(deviceId(null))
})
