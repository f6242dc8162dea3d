import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PLAYBACK_INTERVAL_MS, Playback } from './playback'

let frozen: Record<string, number>
let said: number[]
let playback: Playback

function connection(): RTCPeerConnection {
  const stats = Object.entries(frozen).map(([id, totalFreezesDuration]) => [
    id,
    { id, type: 'inbound-rtp', kind: 'video', totalFreezesDuration },
  ])
  return { getStats: async () => new Map(stats as []) } as unknown as RTCPeerConnection
}

const next = () => vi.advanceTimersByTimeAsync(PLAYBACK_INTERVAL_MS)

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('document', { visibilityState: 'visible' })
  frozen = { a: 0, b: 3 }
  said = []
  playback = new Playback(connection, (percent) => said.push(percent))
})
afterEach(() => {
  playback.dispose()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('Playback', () => {
  it('says nothing while pictures move', async () => {
    await next()
    await next()
    expect(said).toEqual([])
  })

  it('says how long the worst picture stood still, and once when it moves again', async () => {
    await next()
    frozen = { a: 0.25, b: 4 }
    await next()
    await next()
    await next()
    expect(said).toEqual([20, 0])
  })

  it('takes a long absence for no freeze', async () => {
    await next()
    frozen = { a: 60, b: 3 }
    await next()
    expect(said).toEqual([])
  })

  it('does not look while nobody does', async () => {
    await next()
    vi.stubGlobal('document', { visibilityState: 'hidden' })
    frozen = { a: 1, b: 3 }
    await next()
    expect(said).toEqual([])
  })

  it('ends when told to', async () => {
    await next()
    playback.dispose()
    frozen = { a: 1, b: 3 }
    await next()
    expect(said).toEqual([])
  })
})
