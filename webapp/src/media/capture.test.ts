// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Capture } from './capture'

class Track extends EventTarget {
  readonly kind: string
  readonly stop = vi.fn()

  constructor(kind: string) {
    super()
    this.kind = kind
  }
}

const streamOf = (...kinds: string[]) => {
  const tracks = kinds.map((kind) => new Track(kind))
  const of = (kind: string) => tracks.filter((track) => track.kind === kind)
  return {
    getAudioTracks: () => of('audio'),
    getVideoTracks: () => of('video'),
  } as unknown as MediaStream
}

const getUserMedia = vi.fn<(constraints: MediaStreamConstraints) => Promise<MediaStream>>()
const devices = Object.assign(new EventTarget(), {
  getUserMedia,
  enumerateDevices: async () => [
    { kind: 'audioinput', deviceId: 'mic', label: 'Микрофон' },
    { kind: 'videoinput', deviceId: '', label: '' },
  ],
})

let capture: Capture
beforeEach(() => {
  getUserMedia.mockReset()
  vi.stubGlobal('navigator', { mediaDevices: devices })
  capture = new Capture()
})
afterEach(() => {
  capture.close()
  delete window.__rampa_media
  vi.unstubAllGlobals()
})

describe('Capture', () => {
  it('asks once for both', async () => {
    getUserMedia.mockResolvedValue(streamOf('audio', 'video'))
    await capture.open()
    expect(getUserMedia).toHaveBeenCalledOnce()
    expect(capture.state.value).toMatchObject({
      phase: 'ready',
      audio: { kind: 'on' },
      video: { kind: 'on' },
    })
    expect(capture.choices.value).toEqual({ audio: [{ id: 'mic', label: 'Микрофон' }], video: [] })
  })

  it('takes the microphone alone when there is no camera', async () => {
    getUserMedia.mockImplementation(async ({ video }) => {
      if (video) throw new DOMException('', 'NotFoundError')
      return streamOf('audio')
    })
    await capture.open()
    expect(capture.state.value).toMatchObject({
      audio: { kind: 'on' },
      video: { kind: 'off', why: 'not-found' },
    })
  })

  it('says why there is neither', async () => {
    getUserMedia.mockRejectedValue(new DOMException('', 'NotAllowedError'))
    await capture.open()
    expect(capture.state.value).toMatchObject({
      audio: { kind: 'off', why: 'denied' },
      video: { kind: 'off', why: 'denied' },
    })
  })

  it('says that plain http has no devices', async () => {
    vi.stubGlobal('navigator', {})
    await capture.open()
    expect(capture.state.value).toMatchObject({ video: { kind: 'off', why: 'insecure' } })
  })

  it('notices a cable that falls out', async () => {
    getUserMedia.mockResolvedValue(streamOf('audio', 'video'))
    await capture.open()
    const { state } = capture
    if (state.value.phase !== 'ready' || state.value.video.kind !== 'on')
      throw new Error('no video')
    state.value.video.track.dispatchEvent(new Event('ended'))
    expect(state.value).toMatchObject({
      audio: { kind: 'on' },
      video: { kind: 'off', why: 'lost' },
    })
  })

  it('changes one device and keeps the other', async () => {
    getUserMedia.mockResolvedValueOnce(streamOf('audio', 'video'))
    await capture.open()
    const before = capture.state.value
    getUserMedia.mockResolvedValueOnce(streamOf('audio'))
    await capture.choose('audio', 'mic')
    const after = capture.state.value
    if (before.phase !== 'ready' || after.phase !== 'ready') throw new Error('not ready')
    expect(getUserMedia.mock.lastCall?.[0]).toMatchObject({ audio: { deviceId: { exact: 'mic' } } })
    expect(after.video).toBe(before.video)
    expect(after.audio).not.toBe(before.audio)
    if (before.audio.kind === 'on') expect(before.audio.track.stop).toHaveBeenCalled()
  })

  it('lights no camera for one who left while the browser asked', async () => {
    let give: (stream: MediaStream) => void = () => undefined
    getUserMedia.mockImplementation(() => new Promise((resolve) => (give = resolve)))
    const opening = capture.open()
    capture.close()
    const stream = streamOf('video')
    give(stream)
    await opening
    expect(capture.state.value).toEqual({ phase: 'idle' })
    expect(stream.getVideoTracks()[0]?.stop).toHaveBeenCalled()
  })

  it('takes what a test gives instead', async () => {
    window.__rampa_media = () => streamOf('video')
    await capture.open()
    expect(getUserMedia).not.toHaveBeenCalled()
    expect(capture.state.value).toMatchObject({ audio: { kind: 'off' }, video: { kind: 'on' } })
  })
})
