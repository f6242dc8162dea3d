import { describe, expect, it, vi } from 'vitest'
import { backoffDelay } from './backoff'
import { reasonOf } from './capture'
import { askCaptureTime } from './capture-time'
import { describeFrames, preferredAudio, preferredVideo } from './codecs'
import { levelOf } from './meter'
import { Observable } from './observable'

describe('backoffDelay', () => {
  it('doubles up to a quarter of a minute, with the upper half random', () => {
    expect([0, 1, 2, 3, 4, 5, 50].map((n) => backoffDelay(n, () => 1))).toEqual([
      500, 1000, 2000, 4000, 8000, 15_000, 15_000,
    ])
    expect(backoffDelay(3, () => 0)).toBe(2000)
  })
})

describe('preferredVideo', () => {
  it('puts VP8 first, then H264, then what repairs them, and drops the rest', () => {
    const codecs = ['video/AV1', 'video/rtx', 'video/H264', 'video/VP9', 'video/VP8', 'video/H264']
    const named = codecs.map((mimeType, index) => ({ mimeType, index }))
    expect(preferredVideo(named, 'vp8').map(({ index }) => index)).toEqual([4, 2, 5, 1])
    expect(preferredVideo(named, 'h264').map(({ index }) => index)).toEqual([2, 5, 4, 1])
    expect(preferredVideo(named, 'av1').map(({ index }) => index)).toEqual([0, 4, 2, 5, 1])
  })

  it('takes the profiles that everybody decodes', () => {
    const codecs = ['profile-id=0', 'profile-id=2'].map((sdpFmtpLine) => ({
      mimeType: 'video/VP9',
      sdpFmtpLine,
    }))
    expect(preferredVideo(codecs, 'vp9')).toEqual([codecs[0]])
    const av1 = { mimeType: 'video/AV1', sdpFmtpLine: 'level-idx=5;profile=1;tier=0' }
    expect(preferredVideo([av1], 'av1')).toEqual([])
  })
})

describe('describeFrames', () => {
  it('asks for descriptors where the browser has them', () => {
    const uri =
      'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension'
    const set = vi.fn()
    const transceiver = (...uris: string[]) => ({
      getHeaderExtensionsToNegotiate: () => uris.map((uri) => ({ uri, direction: 'stopped' })),
      setHeaderExtensionsToNegotiate: set,
    })
    describeFrames({})
    describeFrames(transceiver('urn:other'))
    expect(set).not.toHaveBeenCalled()
    describeFrames(transceiver('urn:other', uri))
    expect(set.mock.calls).toEqual([
      [
        [
          { uri: 'urn:other', direction: 'stopped' },
          { uri, direction: 'sendrecv' },
        ],
      ],
    ])
  })
})

describe('preferredAudio', () => {
  it('sends twice what it can, understands either, and knows no telephone', () => {
    const codecs = ['audio/opus', 'audio/red', 'audio/PCMU', 'audio/telephone-event']
    const named = codecs.map((mimeType, index) => ({ mimeType, index }))
    expect(preferredAudio(named, 'send').map(({ index }) => index)).toEqual([1, 0])
    expect(preferredAudio(named, 'receive').map(({ index }) => index)).toEqual([0, 1])
  })
})

describe('askCaptureTime', () => {
  it('asks for it and leaves the others as they are, where a browser can be asked', () => {
    const uri = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time'
    const set = vi.fn()
    const transceiver = {
      getHeaderExtensionsToNegotiate: () => [
        { uri: 'mid', direction: 'sendrecv' },
        { uri, direction: 'stopped' },
      ],
      setHeaderExtensionsToNegotiate: set,
    } as unknown as RTCRtpTransceiver
    askCaptureTime(transceiver)
    expect(set).toHaveBeenCalledWith([
      { uri: 'mid', direction: 'sendrecv' },
      { uri, direction: 'sendrecv' },
    ])
    expect(() => askCaptureTime({} as RTCRtpTransceiver)).not.toThrow()
  })
})

describe('levelOf', () => {
  it('is nothing in silence, one at full scale, and half way in between in decibels', () => {
    expect(levelOf(new Float32Array(8))).toBe(0)
    expect(levelOf(new Float32Array(8).fill(1))).toBe(1)
    expect(levelOf(new Float32Array(8).fill(10 ** (-30 / 20)))).toBeCloseTo(0.5)
    expect(levelOf(new Float32Array(8).fill(1e-6))).toBe(0)
  })
})

describe('reasonOf', () => {
  it.each([
    ['NotAllowedError', 'denied'],
    ['NotFoundError', 'not-found'],
    ['OverconstrainedError', 'not-found'],
    ['NotReadableError', 'busy'],
    ['SecurityError', 'insecure'],
  ])('%s means %s', (name, reason) => {
    expect(reasonOf(new DOMException('', name))).toBe(reason)
  })
})

describe('Observable', () => {
  it('tells of changes only, and only while watched', () => {
    const value = new Observable(1)
    const listener = vi.fn()
    const stop = value.subscribe(listener)
    value.set(1)
    value.set(2)
    stop()
    value.set(3)
    expect(listener.mock.calls).toEqual([[2]])
    expect(value.value).toBe(3)
  })
})
