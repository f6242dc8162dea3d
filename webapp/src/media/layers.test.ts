import { describe, expect, it, vi } from 'vitest'
import { addPicture, LayerSwitch } from './layers'

function fakeSender() {
  const encodings = ['q', 'h', 'f'].map((rid) => ({ rid, active: true }))
  const pending: (() => void)[] = []
  const applied: string[] = []
  const sender = {
    getParameters: vi.fn(() => ({ encodings: encodings.map((encoding) => ({ ...encoding })) })),
    setParameters: vi.fn((parameters: { encodings: { rid: string; active: boolean }[] }) => {
      const active = parameters.encodings.filter((encoding) => encoding.active)
      applied.push(active.map(({ rid }) => rid).join())
      return new Promise<void>((resolve) => pending.push(resolve))
    }),
  }
  const settle = async () => {
    pending.shift()?.()
    await new Promise((resolve) => setTimeout(resolve))
  }
  return { layers: new LayerSwitch(sender as unknown as RTCRtpSender), sender, applied, settle }
}

describe('the layers that are sent', () => {
  it('are those that are watched, and the smallest', () => {
    const { layers, applied } = fakeSender()
    layers.want(['f'])
    expect(applied).toEqual(['q,f'])
  })

  it('change one wish at a time, and the last wish counts', async () => {
    const { layers, applied, settle } = fakeSender()
    layers.want(['q'])
    layers.want(['q', 'h'])
    layers.want(['q', 'h', 'f'])
    expect(applied).toEqual(['q'])
    await settle()
    expect(applied).toEqual(['q', 'q,h,f'])
    await settle()
    layers.want([])
    expect(applied).toEqual(['q', 'q,h,f', 'q'])
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
    expect(applied).toEqual(['q,f'])
  })
})

/** A browser that refuses what `refuses` says. */
function fakeBrowser(refuses: (encoding: RTCRtpEncodingParameters, count: number) => boolean) {
  const accepted: RTCRtpEncodingParameters[][] = []
  const addTransceiver = (_kind: string, { sendEncodings = [] }: RTCRtpTransceiverInit) => {
    if (sendEncodings.some((encoding) => refuses(encoding, sendEncodings.length))) {
      throw new DOMException('', 'OperationError')
    }
    accepted.push(sendEncodings)
  }
  addPicture({ addTransceiver } as unknown as RTCPeerConnection, {} as MediaStream)
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
})
