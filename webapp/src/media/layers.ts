/** 720p at 30 frames a second with room to move. */
const VIDEO_BITRATE = 2_500_000
/** The layers of a picture, smallest first. Browsers leave out what a small camera cannot fill. */
const LAYERS: readonly RTCRtpEncodingParameters[] = [
  { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: 'f', maxBitrate: VIDEO_BITRATE },
]
/** Pictures that the house may leave out, so that a poor link gets fewer rather than none. */
const TEMPORAL = 'L1T3'

/**
 * A section that sends a picture in layers, or in one where the browser knows no layers. What a
 * browser does not know it refuses at once, and then nothing was added.
 */
export function addPicture(pc: RTCPeerConnection, stream: MediaStream): RTCRtpTransceiver {
  const add = (sendEncodings: RTCRtpEncodingParameters[]) =>
    pc.addTransceiver('video', { direction: 'sendonly', streams: [stream], sendEncodings })
  for (const more of [{ scalabilityMode: TEMPORAL }, {}]) {
    try {
      return add(LAYERS.map((layer) => ({ ...layer, ...more })))
    } catch {
      // Less is asked for next.
    }
  }
  return add([{ maxBitrate: VIDEO_BITRATE }])
}

/** Sends the layers that somebody watches, and no others. */
export class LayerSwitch {
  readonly #sender: RTCRtpSender
  #wanted: readonly string[] | null = null
  #busy = false

  constructor(sender: RTCRtpSender) {
    this.#sender = sender
  }

  /** The last wish counts; earlier ones that wait are forgotten. */
  want(wanted: readonly string[]): void {
    this.#wanted = wanted
    if (!this.#busy) void this.#apply()
  }

  async #apply(): Promise<void> {
    this.#busy = true
    while (this.#wanted !== null) {
      const wanted = this.#wanted
      this.#wanted = null
      // Refused while the connection is closing, and then it does not matter.
      await this.#activate(wanted).catch(() => undefined)
    }
    this.#busy = false
  }

  async #activate(wanted: readonly string[]): Promise<void> {
    const parameters = this.#sender.getParameters()
    parameters.encodings.forEach((encoding, index) => {
      const { rid } = encoding
      // The smallest is always sent: by it the house knows that there is a picture.
      encoding.active = rid === undefined || index === 0 || wanted.includes(rid)
    })
    await this.#sender.setParameters(parameters)
  }
}
