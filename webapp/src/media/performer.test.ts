import { describe, expect, it, vi } from 'vitest'
import type { ClientMessage } from '../api/generated/protocol'
import type { Capture, CaptureState } from './capture'
import { Observable } from './observable'
import { Performer } from './performer'
import type { OwnTracks } from './room'

function setUp() {
  const audio = { enabled: true } as MediaStreamTrack
  const video = { enabled: true } as MediaStreamTrack
  const state = new Observable<CaptureState>({
    phase: 'ready',
    audio: { kind: 'on', track: audio },
    video: { kind: 'on', track: video },
  })
  const command = vi.fn(async (_message: ClientMessage) => undefined)
  const published: OwnTracks[] = []
  const performer = new Performer({
    capture: { state } as Capture,
    command,
    publish: (own) => published.push(own),
  })
  return { performer, state, command, audio, video, sent: () => published.at(-1) }
}

const NOTHING = { audio: null, video: null }

describe('Performer', () => {
  it('sends nothing before the stage and nothing after it', () => {
    const { performer, audio, video, sent } = setUp()
    performer.onSnapshot('green-room')
    expect(sent()).toEqual(NOTHING)
    performer.onPlace('on-stage')
    expect(sent()).toEqual({ audio, video })
    performer.onPlace('green-room')
    expect(sent()).toEqual(NOTHING)
  })

  it('plays by voice without a camera', () => {
    const { performer, state, audio, sent } = setUp()
    performer.onPlace('on-stage')
    state.set({
      phase: 'ready',
      audio: { kind: 'on', track: audio },
      video: { kind: 'off', why: 'denied' },
    })
    expect(sent()).toEqual({ audio, video: null })
  })

  it('silences a microphone and stops a camera at the actor’s wish', () => {
    const { performer, audio, video, sent } = setUp()
    performer.onPlace('on-stage')
    performer.toggle('audio')
    expect(sent()).toEqual({ audio, video })
    expect(audio.enabled).toBe(false)
    performer.toggle('video')
    expect(sent()).toEqual({ audio, video: null })
    performer.toggle('video')
    expect(sent()).toEqual({ audio, video })
    expect(video.enabled).toBe(true)
  })

  it('goes back on stage when a restarted house forgot who was there', async () => {
    const { performer, command } = setUp()
    await performer.takeStage()
    performer.onPlace('on-stage')
    performer.onSnapshot('green-room')
    expect(command.mock.calls).toEqual([[{ type: 'take_stage' }], [{ type: 'take_stage' }]])
  })

  it('does not burst onto the stage after a long absence', async () => {
    vi.useFakeTimers()
    const { performer, command } = setUp()
    await performer.takeStage()
    performer.onPlace('on-stage')
    performer.onLost()
    vi.advanceTimersByTime(121_000)
    performer.onSnapshot('green-room')
    vi.useRealTimers()
    expect(command).toHaveBeenCalledOnce()
  })

  it('stays where it was sent to', async () => {
    const { performer, command } = setUp()
    await performer.takeStage()
    performer.onPlace('on-stage')
    performer.onPlace('green-room')
    performer.onSnapshot('green-room')
    expect(command).toHaveBeenCalledOnce()
  })

  it('does not insist on a stage that was refused', async () => {
    const { performer, command } = setUp()
    command.mockRejectedValueOnce(new Error('conflict'))
    await expect(performer.takeStage()).rejects.toThrow('conflict')
    performer.onSnapshot('green-room')
    expect(command).toHaveBeenCalledOnce()
  })
})
