import type { DeviceId } from './generated/protocol'

const KEY = 'rampa.device'
const VALID = /^[A-Za-z0-9_-]{16,64}$/

/** This browser's name for itself: random, and the same until its storage is cleared. */
export function deviceId(storage: Storage | null = localStorageOrNull()): DeviceId {
  const known = storage?.getItem(KEY)
  if (known && VALID.test(known)) return known
  const fresh = randomName()
  storage?.setItem(KEY, fresh)
  return fresh
}

function randomName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Private windows and locked-down webviews may refuse storage; the play goes on without. */
export function localStorageOrNull(): Storage | null {
  try {
    return window.localStorage
  } catch {
    return null
  }
}

/** As {@link localStorageOrNull}, for what lives as long as the tab. */
export function sessionStorageOrNull(): Storage | null {
  try {
    return window.sessionStorage
  } catch {
    return null
  }
}
