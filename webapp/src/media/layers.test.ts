import { describe, expect, it, vi } from 'vitest'
import type { VideoCodec } from '../api/generated/protocol'
import { addPicture, LayerSwitch } from './layers'

function fakeSender(rids: (string | undefined)[] = ['q', 'h', 'f']) {
  const encodings = rids.map((rid) => ({ rid, active: true, scaleResolutionDownBy: 1 }))
  const pending: (() => void)[] = []
  const applied: string[] = []
  const sender = {
    getParameters: vi.fn(() => ({ encodings: encodings.map((encoding) => ({ ...encoding })) })),
    setParameters: vi.fn((parameters: { encodings: typeof encodings }) => {
      const active = parameters.encodings.filter((encoding) => encoding.active)
      applied.push(
        active.map(({ rid, scaleResolutionDownBy }) => `${rid}/${scaleResolutionDownBy}`).join(),
      )
      return new Promise<void>((resolve) => pending.push(resolve))
    }),
  }
  const settle = async () => {
    pending.shift()?.()
    await new Promise((resolve) => setTimeout(resolve))
  }
  return { layers: new LayerSwitch(sender as unknown as RTCRtpSender), sender, applied, settle }
}

function camera(width?: number, height?: number): MediaStreamTrack {
  return { getSettings: () => ({ width, height }) } as unknown as MediaStreamTrack
}

describe('the layers that are sent', () => {
  it('are those that are watched, and the smallest', () => {
    const { layers, applied } = fakeSender()
    layers.want(['f'])
    expect(applied).toEqual(['q/4,f/1'])
  })

  it('change one wish at a time, and the last wish counts', async () => {
    const { layers, applied, settle } = fakeSender()
    layers.want(['q'])
    layers.want(['q', 'h'])
    layers.want(['q', 'h', 'f'])
    expect(applied).toEqual(['q/4'])
    await settle()
    expect(applied).toEqual(['q/4', 'q/4,h/2,f/1'])
    await settle()
    layers.want([])
    expect(applied).toEqual(['q/4', 'q/4,h/2,f/1', 'q/4'])
  })

  it('follow the next wish after one was refused', async () => {
    const { layers, sender, applied } = fakeSender()
    sender.getParameters.mockImplementationOnce(() => {
      throw new DOMException('', 'InvalidStateError')
    })
    layers.want(['q'])
    sender.setParameters.mockRejectedValueOnce(new DOMException('', 'InvalidStateError'))
    layers.want(['q', 'h'])
    await new Promise((resolve) => setTimeout(resolve))
    layers.want(['q', 'f'])
    expect(applied).toEqual(['q/4,f/1'])
  })

  it.each([
    [1280, 720, []],
    [540, 960, []],
    [undefined, undefined, []],
    [640, 480, ['q/2,h/1']],
    [480, 270, ['q/2,h/1']],
    [320, 240, ['q/1']],
  ])('of %s × %s pixels are as many as they fill, up to the whole', (width, height, expected) => {
    const { layers, applied } = fakeSender()
    layers.fit(camera(width, height))
    expect(applied).toEqual(expected)
  })

  it('are those of the camera of the moment, whoever watches', async () => {
    const { layers, applied, settle } = fakeSender()
    layers.fit(camera(640, 360))
    layers.want(['q', 'f'])
    await settle()
    layers.fit(camera(1280, 720))
    await settle()
    expect(applied).toEqual(['q/2,h/1', 'q/2', 'q/4,f/1'])
  })

  it('are one, and whole, where the browser knows no layers', () => {
    const { layers, applied } = fakeSender([undefined])
    layers.fit(camera(640, 360))
    expect(applied).toEqual(['undefined/1'])
  })
})

describe('the sizes in one scalable stream', () => {
  function fakeScalable() {
    const applied: string[] = []
    const encoding = { active: true, scalabilityMode: 'L3T3_KEY', scaleResolutionDownBy: 1 }
    const sender = {
      getParameters: () => ({ encodings: [{ ...encoding }] }),
      setParameters: async ({ encodings }: { encodings: (typeof encoding)[] }) => {
        Object.assign(encoding, encodings[0])
        applied.push(`${encoding.scalabilityMode}/${encoding.scaleResolutionDownBy}`)
      },
    }
    const layers = new LayerSwitch(sender as unknown as RTCRtpSender)
    const want = async (wanted: string[]) => {
      layers.want(wanted)
      await new Promise((resolve) => setTimeout(resolve))
    }
    return { layers, applied, want }
  }

  it('are as many as are watched, as large as they were among all', async () => {
    const { applied, want } = fakeScalable()
    await want(['s0'])
    await want(['s0', 's1'])
    await want(['s0', 's1', 's2'])
    expect(applied).toEqual(['L1T3/4', 'L2T3_KEY/2', 'L3T3_KEY/1'])
  })

  it('are two of a small camera', async () => {
    const { layers, applied, want } = fakeScalable()
    layers.fit(camera(640, 360))
    await want(['s0'])
    await want(['s0', 's1'])
    expect(applied).toEqual(['L3T3_KEY/1', 'L1T3/2', 'L3T3_KEY/1'])
  })
})

/** A browser that refuses what `refuses` says. */
function fakeBrowser(
  refuses: (encoding: RTCRtpEncodingParameters, count: number) => boolean,
  wish: VideoCodec = 'vp8',
) {
  const codecs = ['VP8', 'VP9'].map((name) => ({ mimeType: `video/${name}` }))
  vi.stubGlobal('RTCRtpSender', { getCapabilities: () => ({ codecs }) })
  const accepted: RTCRtpEncodingParameters[][] = []
  const addTransceiver = (_kind: string, { sendEncodings = [] }: RTCRtpTransceiverInit) => {
    if (sendEncodings.some((encoding) => refuses(encoding, sendEncodings.length))) {
      throw new DOMException('', 'OperationError')
    }
    accepted.push(sendEncodings)
  }
  addPicture({ addTransceiver } as unknown as RTCPeerConnection, {} as MediaStream, wish)
  return accepted
}

describe('a section with a picture', () => {
  const layers = [
    { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000 },
    { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500_000 },
    { rid: 'f', maxBitrate: 2_500_000 },
  ]

  it('has three layers, smallest first, each with pictures to leave out', () => {
    const accepted = fakeBrowser(() => false)
    expect(accepted).toEqual([layers.map((layer) => ({ ...layer, scalabilityMode: 'L1T3' }))])
  })

  it('has whole layers where the browser leaves none of their pictures out', () => {
    expect(fakeBrowser(({ scalabilityMode }) => scalabilityMode !== undefined)).toEqual([layers])
  })

  it('has one where the browser refuses several', () => {
    expect(fakeBrowser((_encoding, count) => count > 1)).toEqual([[{ maxBitrate: 2_500_000 }]])
  })

  it('is one scalable stream where house and browser have such a codec', () => {
    const maxBitrate = 2_500_000
    const scalable = { scalabilityMode: 'L3T3_KEY', maxBitrate }
    expect(fakeBrowser(() => false, 'vp9')).toEqual([[scalable]])
    const refuses = ({ scalabilityMode }: RTCRtpEncodingParameters) =>
      scalabilityMode === 'L3T3_KEY'
    expect(fakeBrowser(refuses, 'vp9')).toEqual([[{ scalabilityMode: 'L1T3', maxBitrate }]])
    expect(fakeBrowser(() => false, 'av1')[0]).toHaveLength(3)
  })
})
