import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { outlook, Route, type Way } from './route'

const local = (id: string, candidateType: string, protocol: string) => ({
  id,
  type: 'local-candidate',
  candidateType,
  protocol,
})

const pair = (id: string, localCandidateId: string, changes: object = {}) => ({
  id,
  type: 'candidate-pair',
  localCandidateId,
  requestsSent: 3,
  responsesReceived: 0,
  ...changes,
})

const CANDIDATES = [
  local('u', 'host', 'udp'),
  local('t', 'host', 'tcp'),
  local('r', 'relay', 'udp'),
  local('p', 'prflx', 'udp'),
]
const PAIRS = [pair('pu', 'u'), pair('pt', 't'), pair('pr', 'r')]

describe('the outlook', () => {
  it.each<[string, Way]>([
    ['u', 'udp'],
    ['p', 'udp'],
    ['t', 'tcp'],
    ['r', 'relay'],
  ])('names the way in use: %s is %s', (candidate, way) => {
    const inUse = pair('x', candidate, { responsesReceived: 1 })
    const transport = { id: 'T', type: 'transport', selectedCandidatePairId: 'x' }
    expect(outlook([...CANDIDATES, ...PAIRS, inUse, transport]).way).toBe(way)
    const asFirefox = { ...inUse, selected: true }
    const others = PAIRS.map((other) => ({ ...other, selected: false }))
    expect(outlook([...CANDIDATES, ...others, asFirefox]).way).toBe(way)
  })

  it('calls UDP silent only when it was asked and did not answer', () => {
    const of = (...pairs: object[]) => outlook([...CANDIDATES, ...(pairs as never[])]).udpSilent
    expect(of(...PAIRS)).toBe(true)
    expect(of(pair('pu', 'u', { responsesReceived: 1 }))).toBe(false)
    expect(of(pair('pu', 'u', { requestsSent: 0 }))).toBe(false)
    expect(of(pair('pt', 't'), pair('pr', 'r'))).toBe(false)
    expect(of()).toBe(false)
  })
})

describe('a route', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  function setUp() {
    const pc = { connectionState: 'new', report: [...CANDIDATES, ...PAIRS] as { id: string }[] }
    const getStats = async () => new Map(pc.report.map((entry) => [entry.id, entry]))
    const route = new Route()
    route.watch(Object.assign(pc, { getStats }) as unknown as RTCPeerConnection)
    const connect = async (candidate: string) => {
      pc.connectionState = 'connected'
      const transport = { id: 'T', type: 'transport', selectedCandidatePairId: 'x' }
      pc.report = [...CANDIDATES, ...PAIRS, pair('x', candidate), transport]
      route.look()
      await vi.advanceTimersByTimeAsync(0)
    }
    return { pc, route, connect }
  }

  it('is a detour once UDP has had its time', async () => {
    const { route, connect } = setUp()
    await vi.advanceTimersByTimeAsync(1_499)
    expect(route.detour.value).toBe(false)
    await vi.advanceTimersByTimeAsync(501)
    expect(route.detour.value).toBe(true)
    await connect('t')
    expect([route.detour.value, route.way.value, route.news.value]).toEqual([false, 'tcp', 'tcp'])
    await vi.advanceTimersByTimeAsync(8_000)
    expect([route.way.value, route.news.value]).toEqual(['tcp', null])
  })

  it('is nothing to speak of by UDP', async () => {
    const { route, connect } = setUp()
    await connect('u')
    expect([route.way.value, route.news.value, route.detour.value]).toEqual(['udp', null, false])
  })

  it('is noticed when it changes, and forgotten when it ends', async () => {
    const { pc, route, connect } = setUp()
    await connect('u')
    pc.report = [...pc.report.filter(({ id }) => id !== 'x'), pair('x', 'r')]
    await vi.advanceTimersByTimeAsync(10_000)
    expect([route.way.value, route.news.value]).toEqual(['relay', 'relay'])
    route.stop()
    await vi.advanceTimersByTimeAsync(60_000)
    expect([route.way.value, route.news.value]).toEqual([null, null])
  })
})
