// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Admission, requestAdmission } from '../../api/session'
import type { EngineOptions } from '../../media/engine'
import { pass, welcome } from '../../test/samples'
import { Session } from './session'

const engines: { options: EngineOptions; dispose: () => void }[] = []

vi.mock('../../api/session')
vi.mock('../../media/engine', () => ({
  Engine: class {
    readonly options: EngineOptions
    readonly dispose = vi.fn()
    constructor(options: EngineOptions) {
      this.options = options
      engines.push(this)
    }
  },
}))

const knock = vi.mocked(requestAdmission)
const ADMITTED: Admission = { kind: 'admitted', pass: pass(0) }

let session: Session
beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('RTCPeerConnection', class {})
  engines.length = 0
  knock.mockReset()
  location.hash = '#the-link'
  session = new Session(() => 'ru')
})
afterEach(() => {
  session.stop()
  sessionStorage.clear()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** Starts, and waits until the media layer is loaded if it is to be. */
async function start(): Promise<void> {
  session.start()
  await vi.advanceTimersByTimeAsync(0)
  await vi.dynamicImportSettled()
}

describe('Session', () => {
  it('takes a seat with the link of the address', async () => {
    knock.mockResolvedValue(ADMITTED)
    await start()
    expect(knock).toHaveBeenCalledExactlyOnceWith('the-link', expect.any(String), 'ru')
    expect(session.state.value.phase).toBe('admitted')
    engines[0]?.options.onWelcome(welcome())
    expect(session.state.value.phase).toBe('present')
  })

  it('loads no media for those who are turned away', async () => {
    knock.mockResolvedValue({ kind: 'refused' })
    await start()
    expect(session.state.value).toEqual({ phase: 'ended', ending: 'denied' })
    expect(engines).toHaveLength(0)
  })

  it('asks again while the house does not answer', async () => {
    knock.mockResolvedValueOnce({ kind: 'unreachable' }).mockResolvedValueOnce(ADMITTED)
    await start()
    expect(session.state.value.phase).toBe('unreachable')
    await vi.advanceTimersByTimeAsync(500)
    await vi.dynamicImportSettled()
    expect(session.state.value.phase).toBe('admitted')
  })

  it('does not take the seat into a browser that cannot play', async () => {
    vi.unstubAllGlobals()
    Reflect.deleteProperty(window, 'RTCPeerConnection')
    await start()
    expect(session.state.value).toEqual({ phase: 'ended', ending: 'unsupported' })
    expect(session.address).toMatch(/#the-link$/)
    expect(knock).not.toHaveBeenCalled()
  })

  it('gives the seat up when another device takes it, and takes it back on demand', async () => {
    knock.mockResolvedValue(ADMITTED)
    await start()
    engines[0]?.options.onEnd('taken-over')
    expect(session.state.value).toEqual({ phase: 'ended', ending: 'taken-over' })
    expect(session.engine.value).toBeNull()
    await vi.advanceTimersByTimeAsync(600_000)
    expect(knock).toHaveBeenCalledOnce()
    session.returnHere()
    await vi.advanceTimersByTimeAsync(0)
    await vi.dynamicImportSettled()
    expect(knock).toHaveBeenCalledTimes(2)
    expect(engines).toHaveLength(2)
  })

  it('forgets the answer to a link that was replaced meanwhile', async () => {
    let answer: (admission: Admission) => void = () => undefined
    knock.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)))
    knock.mockResolvedValueOnce({ kind: 'refused' })
    await start()
    location.hash = '#another'
    await start()
    answer(ADMITTED)
    await vi.advanceTimersByTimeAsync(0)
    expect(session.state.value).toEqual({ phase: 'ended', ending: 'denied' })
    expect(engines).toHaveLength(0)
  })

  it('has nothing to show without a link', async () => {
    location.hash = ''
    await start()
    expect(session.state.value).toEqual({ phase: 'no-link' })
  })
})
