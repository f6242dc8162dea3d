import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PING_INTERVAL_MS, SILENCE_LIMIT_MS } from '../api/generated/protocol'
import type { Admission } from '../api/session'
import { FakeSocket } from '../test/fake-socket'
import { pass, welcome } from '../test/samples'
import { Signalling } from './signalling'

const DENIED = { type: 'error', body: { code: 'access_denied', text: '' } } as const

function setUp(readmit: () => Promise<Admission> = async () => ({ kind: 'refused' })) {
  const sockets: FakeSocket[] = []
  const events = {
    onWelcome: vi.fn(),
    onMessage: vi.fn(),
    onIceServers: vi.fn(),
    onLost: vi.fn(),
    onEnd: vi.fn(),
  }
  const knocks = vi.fn(readmit)
  const signalling = new Signalling(
    {
      url: 'wss://house/api/ws',
      device: 'device-0123456789',
      pass: pass(Date.now()),
      readmit: knocks,
      openSocket: () => {
        const socket = new FakeSocket()
        sockets.push(socket)
        return socket
      },
      random: () => 1,
    },
    events,
  )
  const last = () => {
    const socket = sockets.at(-1)
    if (socket === undefined) throw new Error('no socket was opened')
    return socket
  }
  /** Opens the newest socket and takes the seat. */
  const seat = async (changes = {}, seq?: number) => {
    last().open()
    last().answer('hello', { type: 'welcome', body: welcome(changes) }, seq)
    await vi.advanceTimersByTimeAsync(0)
  }
  return { signalling, events, sockets, last, seat, knocks }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('taking a seat', () => {
  it('says hello with its token and tells of the welcome', async () => {
    const { signalling, events, last, seat } = setUp()
    signalling.start()
    await seat()
    expect(last().received[0]).toMatchObject({
      v: 1,
      type: 'hello',
      body: { token: 'token-1', device: 'device-0123456789' },
    })
    expect(last().received[0]).not.toHaveProperty('body.resume')
    expect(events.onWelcome).toHaveBeenCalledOnce()
  })

  it('gives up on a socket that does not open, and tries another', async () => {
    const { signalling, sockets } = setUp()
    signalling.start()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(sockets[0]?.closed).toBe(true)
    await vi.advanceTimersByTimeAsync(500)
    expect(sockets).toHaveLength(2)
  })

  it('waits longer after every failure', async () => {
    const { signalling, sockets, last } = setUp()
    signalling.start()
    for (const delay of [500, 1000, 2000, 4000, 8000, 15_000, 15_000]) {
      const before = sockets.length
      last().drop()
      await vi.advanceTimersByTimeAsync(delay - 1)
      expect(sockets).toHaveLength(before)
      await vi.advanceTimersByTimeAsync(1)
      expect(sockets).toHaveLength(before + 1)
    }
  })
})

describe('requests', () => {
  it('settle with the answer that has their id', async () => {
    const { signalling, last, seat } = setUp()
    signalling.start()
    await seat()
    const raise = signalling.request({ type: 'set_curtain', body: { raised: true } })
    const leave = signalling.request({ type: 'leave_stage' })
    last().answer('leave_stage', { type: 'error', body: { code: 'conflict', text: 'рано' } })
    last().answer('set_curtain', { type: 'done' })
    await expect(raise).resolves.toMatchObject({ type: 'done' })
    await expect(leave).rejects.toMatchObject({ code: 'conflict', message: 'рано' })
  })

  it('end after ten seconds without an answer', async () => {
    const { signalling, seat } = setUp()
    signalling.start()
    await seat()
    const refused = expect(signalling.request({ type: 'take_stage' })).rejects.toMatchObject({
      code: 'timeout',
    })
    await vi.advanceTimersByTimeAsync(10_000)
    await refused
  })

  it('fail as offline without a seat, and when the socket is lost', async () => {
    const { signalling, last, seat } = setUp()
    signalling.start()
    await expect(signalling.request({ type: 'hangup' })).rejects.toMatchObject({ code: 'offline' })
    await seat()
    const refused = expect(signalling.request({ type: 'hangup' })).rejects.toMatchObject({
      code: 'offline',
    })
    last().drop()
    await refused
  })
})

describe('heartbeat', () => {
  it('pings when it has nothing else to say', async () => {
    const { signalling, last, seat } = setUp()
    signalling.start()
    await seat()
    await vi.advanceTimersByTimeAsync(PING_INTERVAL_MS)
    expect(last().of('ping')).toHaveLength(1)
  })

  it('gives up on a silent house', async () => {
    const { signalling, events, sockets, seat } = setUp()
    signalling.start()
    await seat()
    await vi.advanceTimersByTimeAsync(SILENCE_LIMIT_MS + PING_INTERVAL_MS)
    expect(events.onLost).toHaveBeenCalledOnce()
    expect(sockets[0]?.closed).toBe(true)
    expect(sockets.length).toBeGreaterThan(1)
  })

  it('stays with a house that answers', async () => {
    const { signalling, events, last, seat } = setUp()
    signalling.start()
    await seat()
    for (let i = 0; i < 20; i++) {
      await vi.advanceTimersByTimeAsync(PING_INTERVAL_MS)
      last().say({ type: 'pong' })
    }
    expect(events.onLost).not.toHaveBeenCalled()
  })
})

describe('coming back', () => {
  it('resumes with the last sequence number, and tells nothing twice', async () => {
    const { signalling, events, last, seat } = setUp()
    signalling.start()
    await seat({}, 4)
    last().say({ type: 'house', body: { count: 2 } }, { seq: 5 })
    last().drop()
    expect(events.onLost).toHaveBeenCalledOnce()
    await vi.advanceTimersByTimeAsync(500)
    await seat({ resumed: true, snapshot: null })
    expect(last().received[0]).toMatchObject({ body: { resume: { stream: 'stream-1', seq: 5 } } })
    last().say({ type: 'house', body: { count: 2 } }, { seq: 5 })
    last().say({ type: 'house', body: { count: 3 } }, { seq: 6 })
    const counts = events.onMessage.mock.calls.map(([message]) => message.body.count)
    expect(counts).toEqual([2, 3])
  })

  it('asks for a fresh snapshot when a message is missing', async () => {
    const { signalling, events, last, sockets, seat } = setUp()
    signalling.start()
    await seat({}, 4)
    last().say({ type: 'house', body: { count: 9 } }, { seq: 6 })
    expect(events.onMessage).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(500)
    expect(sockets).toHaveLength(2)
    last().open()
    expect(last().received[0]).not.toHaveProperty('body.resume')
  })

  it('does not wait when the network is back', async () => {
    const { signalling, sockets, last, seat } = setUp()
    signalling.start()
    await seat()
    last().drop()
    signalling.wake()
    expect(sockets).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(500)
    expect(sockets).toHaveLength(2)
  })

  it('distrusts a socket that slept', async () => {
    const { signalling, events, last, seat } = setUp()
    signalling.start()
    await seat()
    signalling.wake()
    last().say({ type: 'pong' })
    await vi.advanceTimersByTimeAsync(3000)
    expect(events.onLost).not.toHaveBeenCalled()
    signalling.wake()
    await vi.advanceTimersByTimeAsync(3000)
    expect(events.onLost).toHaveBeenCalledOnce()
  })

  it('shows its link again when the token is refused', async () => {
    const { signalling, events, last, seat } = setUp(async () => ({
      kind: 'admitted',
      pass: pass(Date.now(), { token: 'token-2' }),
    }))
    signalling.start()
    await seat()
    last().drop()
    await vi.advanceTimersByTimeAsync(500)
    last().open()
    last().answer('hello', DENIED)
    await vi.advanceTimersByTimeAsync(0)
    expect(events.onIceServers).toHaveBeenCalledExactlyOnceWith([])
    last().open()
    expect(last().received[0]).toMatchObject({ body: { token: 'token-2' } })
    expect(last().received[0]).not.toHaveProperty('body.resume')
  })

  it('ends when the link is refused too', async () => {
    const { signalling, events, last, sockets } = setUp()
    signalling.start()
    last().open()
    last().answer('hello', DENIED)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(events.onEnd).toHaveBeenCalledExactlyOnceWith('denied')
    expect(sockets).toHaveLength(1)
  })

  it('understands a refusal that names no request', async () => {
    const { signalling, events, last } = setUp()
    signalling.start()
    last().open()
    last().say(DENIED)
    await vi.advanceTimersByTimeAsync(0)
    expect(events.onEnd).toHaveBeenCalledExactlyOnceWith('denied')
  })

  it('does not knock for ever at a door that opens and shuts', async () => {
    const { signalling, events, last, knocks } = setUp(async () => ({
      kind: 'admitted',
      pass: pass(Date.now()),
    }))
    signalling.start()
    for (let i = 0; i < 4; i++) {
      last().open()
      last().answer('hello', DENIED)
      await vi.advanceTimersByTimeAsync(0)
    }
    expect(events.onEnd).toHaveBeenCalledExactlyOnceWith('denied')
    expect(knocks).toHaveBeenCalledTimes(3)
  })

  it('keeps trying while the house cannot be reached', async () => {
    const { signalling, events, last, sockets } = setUp(async () => ({ kind: 'unreachable' }))
    signalling.start()
    last().open()
    last().answer('hello', DENIED)
    await vi.advanceTimersByTimeAsync(500)
    expect(sockets).toHaveLength(2)
    expect(events.onEnd).not.toHaveBeenCalled()
  })
})

describe('a seat that another device took', () => {
  it.each([
    ['as news', (socket: FakeSocket) => socket.say({ type: 'taken_over' }, { seq: 1 })],
    [
      'at the door',
      (socket: FakeSocket) =>
        socket.answer('hello', { type: 'error', body: { code: 'taken_over', text: '' } }),
    ],
  ])('is never taken back unasked: %s', async (_how, tell) => {
    const { signalling, events, last, sockets, knocks } = setUp()
    signalling.start()
    last().open()
    tell(last())
    await vi.advanceTimersByTimeAsync(0)
    last().drop()
    signalling.wake()
    await vi.advanceTimersByTimeAsync(120_000)
    expect(events.onEnd).toHaveBeenCalledExactlyOnceWith('taken-over')
    expect(sockets).toHaveLength(1)
    expect(knocks).not.toHaveBeenCalled()
  })
})

describe('the token', () => {
  it('is renewed a minute before it ends, and the new one is used', async () => {
    const { signalling, events, last, seat } = setUp()
    signalling.start()
    await seat()
    const chatter = setInterval(() => last().say({ type: 'pong' }), 1000)
    await vi.advanceTimersByTimeAsync(239_000)
    expect(last().of('renew')).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(2000)
    expect(last().of('renew')).toHaveLength(1)
    const expires_at = (Date.now() + 300_000) * 1000
    const ice_servers = [{ urls: ['turn:a'], username: '1:me', credential: 'secret' }]
    last().answer('renew', { type: 'token', body: { token: 'token-2', expires_at, ice_servers } })
    clearInterval(chatter)
    await vi.advanceTimersByTimeAsync(0)
    expect(events.onIceServers).toHaveBeenCalledExactlyOnceWith(ice_servers)
    last().drop()
    await vi.advanceTimersByTimeAsync(500)
    last().open()
    expect(last().received[0]).toMatchObject({ body: { token: 'token-2' } })
  })

  it('is not renewed in a storm when the clock here is wrong', async () => {
    vi.setSystemTime(Date.now() + 86_400_000)
    const { signalling, last, seat } = setUp()
    signalling.start()
    vi.setSystemTime(Date.now() + 86_400_000)
    await seat()
    await vi.advanceTimersByTimeAsync(19_000)
    expect(last().of('renew')).toHaveLength(0)
  })
})

it('says nothing after it was stopped', async () => {
  const { signalling, events, sockets, seat } = setUp()
  signalling.start()
  await seat()
  signalling.stop()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(events.onLost).not.toHaveBeenCalled()
  expect(sockets).toHaveLength(1)
  expect(sockets[0]?.closed).toBe(true)
})
