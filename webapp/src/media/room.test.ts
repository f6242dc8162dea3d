import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { IceRestart, MediaAnswer } from '../api/generated/protocol'
import { FakeConnection, stubWebRtc } from '../test/fake-connection'
import { Room } from './room'

const SLOTS = [
  { slot: 0, video: '0', audio: '1' },
  { slot: 1, video: null, audio: '2' },
]

function setUp(publishes = false) {
  const connections: FakeConnection[] = []
  let answered = 0
  const offer = vi.fn(async (_sdp: string): Promise<MediaAnswer> => {
    answered++
    return { media_session: `session-${answered}`, sdp: 'answer', slots: SLOTS }
  })
  const restart = vi.fn(async (media_session: string): Promise<IceRestart> => {
    return { media_session, ufrag: 'node', pwd: 'secret', candidates: [] }
  })
  const room = new Room({
    self: 'me',
    plan: { pairs: 1, voices: 1, publishes, video: 'vp8' },
    iceServers: [],
    offer,
    restart,
    createConnection: (configuration) => {
      const connection = new FakeConnection()
      connection.setConfiguration(configuration)
      connections.push(connection)
      return connection as unknown as RTCPeerConnection
    },
    random: () => 1,
  })
  const open = () => connections.filter(({ closed }) => !closed)
  const settle = () => vi.advanceTimersByTimeAsync(0)
  const connected = async () => {
    await settle()
    open()[0]?.become('connected')
  }
  return { room, connections, offer, restart, open, settle, connected }
}

beforeEach(() => {
  vi.useFakeTimers()
  stubWebRtc()
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('entering', () => {
  it('offers pairs of picture and sound, then voices, and finds the slots by their mids', async () => {
    const { room, connections, offer, connected } = setUp()
    room.enter()
    await connected()
    expect(offer).toHaveBeenCalledExactlyOnceWith('video:recvonly audio:recvonly audio:recvonly')
    expect(room.link.value).toBe('connected')
    expect(room.board.slots.value).toMatchObject([
      { slot: 0, video: { tracks: [{ mid: '0' }] }, audio: { tracks: [{ mid: '1' }] } },
      { slot: 1, video: null, audio: { tracks: [{ mid: '2' }] } },
    ])
    expect(connections).toHaveLength(1)
  })

  it('offers the own sections first for those who play', async () => {
    const { room, offer, settle } = setUp(true)
    room.enter()
    await settle()
    expect(offer.mock.calls[0]?.[0]).toMatch(/^audio:sendonly video:sendonly video:recvonly/)
  })

  it('happens once, however often it is asked for', async () => {
    const { room, connections, connected } = setUp()
    room.enter()
    room.enter()
    await connected()
    room.enter()
    room.onWelcome('session-1')
    expect(connections).toHaveLength(1)
  })
})

describe('coming back', () => {
  it('keeps a media session that outlived the socket', async () => {
    const { room, connections, connected } = setUp()
    room.enter()
    await connected()
    room.onWelcome('session-1')
    expect(connections).toHaveLength(1)
  })

  it.each([null, 'another'])('offers anew when the house has %s', async (alive) => {
    const { room, connections, open, connected } = setUp()
    room.enter()
    await connected()
    room.onWelcome(alive)
    await connected()
    expect(connections).toHaveLength(2)
    expect(open()).toHaveLength(1)
    expect(room.link.value).toBe('connected')
  })

  it('offers anew when the house lets go, but not for news of an earlier session', async () => {
    const { room, connections, open, connected } = setUp()
    room.enter()
    await connected()
    room.onClosed('session-0')
    await connected()
    expect(connections).toHaveLength(1)
    room.onClosed('session-1')
    await connected()
    expect(connections).toHaveLength(2)
    expect(open()).toHaveLength(1)
  })

  it('replaces a failed connection at once, and a shaky one after a while', async () => {
    const { room, connections, open, connected } = setUp()
    room.enter()
    await connected()
    open()[0]?.become('failed')
    await connected()
    expect(connections).toHaveLength(2)
    open()[0]?.become('disconnected')
    await vi.advanceTimersByTimeAsync(4999)
    expect(connections).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(2)
    await connected()
    expect(connections).toHaveLength(3)
    expect(open()).toHaveLength(1)
  })

  it('looks for another way first, and gives it time to work', async () => {
    const { room, connections, restart, open, connected } = setUp()
    room.enter()
    await connected()
    open()[0]?.become('disconnected')
    await vi.advanceTimersByTimeAsync(4999)
    expect(restart.mock.calls).toEqual([['session-1', { ufrag: 'restarted', pwd: 'fresh' }]])
    expect(connections[0]?.remote).toBe('answer')
    open()[0]?.become('connected')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(connections).toHaveLength(1)
  })

  it('looks for another way when the network changes, once at a time', async () => {
    const { room, connections, restart, settle, connected } = setUp()
    room.enter()
    room.onNetwork()
    await connected()
    expect(restart).not.toHaveBeenCalled()
    room.onNetwork()
    room.onNetwork()
    await settle()
    expect(restart).toHaveBeenCalledTimes(1)
    room.onNetwork()
    await settle()
    expect(restart).toHaveBeenCalledTimes(2)
    expect(connections).toHaveLength(1)
    expect(room.link.value).toBe('connected')
  })

  it('tries again when the house is back that could not be asked', async () => {
    const { room, connections, restart, open, settle, connected } = setUp()
    room.enter()
    await connected()
    restart.mockRejectedValueOnce(new Error('offline'))
    open()[0]?.become('disconnected')
    await settle()
    expect(connections[0]?.localDescription).toMatchObject({ type: 'rollback' })
    room.onWelcome('session-1')
    await settle()
    expect(restart).toHaveBeenCalledTimes(2)
    open()[0]?.become('connected')
    room.onWelcome('session-1')
    await settle()
    expect(restart).toHaveBeenCalledTimes(2)
    expect(connections).toHaveLength(1)
  })

  it('spares a shaky connection that recovers', async () => {
    const { room, connections, open, connected } = setUp()
    room.enter()
    await connected()
    open()[0]?.become('disconnected')
    open()[0]?.become('connected')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(connections).toHaveLength(1)
  })

  it('slows down and says so when nothing helps', async () => {
    const { room, offer, connected } = setUp()
    offer.mockRejectedValue(new Error('refused'))
    room.enter()
    await vi.advanceTimersByTimeAsync(0)
    expect(offer).toHaveBeenCalledTimes(2)
    expect(room.link.value).toBe('failing')
    await vi.advanceTimersByTimeAsync(999)
    expect(offer).toHaveBeenCalledTimes(2)
    await vi.advanceTimersByTimeAsync(1)
    expect(offer).toHaveBeenCalledTimes(3)
    offer.mockResolvedValue({ media_session: 'good', sdp: '', slots: [] })
    await vi.advanceTimersByTimeAsync(2000)
    await connected()
    expect(room.link.value).toBe('connected')
  })

  it('ignores an answer that comes after another connection was made', async () => {
    const { room, connections, offer, settle } = setUp()
    let late: (answer: MediaAnswer) => void = () => undefined
    offer.mockImplementationOnce(() => new Promise((resolve) => (late = resolve)))
    room.enter()
    await settle()
    room.onWelcome(null)
    await settle()
    late({ media_session: 'late', sdp: 'late', slots: [] })
    await settle()
    expect(connections.map(({ remote }) => remote)).toEqual([null, 'answer'])
    expect(connections[0]?.closed).toBe(true)
  })
})

describe('relays', () => {
  const servers = [{ urls: ['turn:a'], username: '1:me', credential: 'secret' }]

  it('are renewed for the connection that stands and for the next one', async () => {
    const { room, connections, connected } = setUp()
    room.enter()
    await connected()
    room.setIceServers(servers)
    expect(connections[0]?.configuration.iceServers).toEqual(servers)
    room.onWelcome(null)
    await connected()
    expect(connections[1]?.configuration.iceServers).toEqual(servers)
  })
})

describe('leaving', () => {
  it('closes and stays closed', async () => {
    const { room, connections, open, connected } = setUp()
    room.enter()
    await connected()
    room.leave()
    room.onWelcome(null)
    room.onClosed('session-1')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(open()).toHaveLength(0)
    expect(connections).toHaveLength(1)
    expect(room.board.slots.value).toEqual([])
    expect(room.link.value).toBe('off')
  })
})

describe('publishing', () => {
  it('carries the tracks over to the next connection', async () => {
    const { room, connections, connected } = setUp(true)
    const track = camera(1280, 720)
    room.publish({ audio: null, video: track })
    room.enter()
    await connected()
    room.onWelcome(null)
    await connected()
    const sent = connections.map((c) => c.transceivers.slice(0, 2).map((t) => t.sender.track))
    expect(sent).toEqual([
      [null, track],
      [null, track],
    ])
  })

  it('sends the layers that somebody watches', async () => {
    const { room, connections, connected } = setUp(true)
    room.enter()
    await connected()
    expect(connections.map(sentLayers)).toEqual([['q', 'h', 'f']])
    room.onLayers('session-1', ['q', 'h'])
    expect(connections.map(sentLayers)).toEqual([['q', 'h']])
  })

  it('sends all layers on the next connection, whatever the last one was told', async () => {
    const { room, connections, connected } = setUp(true)
    room.enter()
    await connected()
    room.onLayers('session-1', ['q'])
    room.onWelcome(null)
    room.onLayers('session-1', ['q'])
    await connected()
    room.onLayers('session-1', ['q'])
    expect(connections.map(sentLayers)).toEqual([['q'], ['q', 'h', 'f']])
  })

  it('sends a small camera in fewer layers, on every connection', async () => {
    const { room, connections, connected } = setUp(true)
    room.publish({ audio: null, video: camera(640, 360) })
    room.enter()
    await connected()
    room.onWelcome(null)
    await connected()
    expect(connections.map(sentLayers)).toEqual([
      ['q', 'h'],
      ['q', 'h'],
    ])
  })

  it('has no layers to pause on a page that only watches', async () => {
    const { room, connections, connected } = setUp()
    room.enter()
    await connected()
    expect(() => room.onLayers('session-1', ['q'])).not.toThrow()
    expect(connections.map(sentLayers)).toEqual([undefined])
  })
})

function camera(width: number, height: number): MediaStreamTrack {
  return { kind: 'video', getSettings: () => ({ width, height }) } as unknown as MediaStreamTrack
}

function sentLayers({ transceivers }: FakeConnection) {
  return transceivers.find(({ direction, kind }) => direction === 'sendonly' && kind === 'video')
    ?.sender.sent
}
