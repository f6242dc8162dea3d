import type { VideoCodec } from '../api/generated/protocol'
import { sendsScalable } from './codecs'

/** 720p at 30 frames a second with room to move. */
const VIDEO_BITRATE = 2_500_000
/** The layers of a picture, smallest first. */
const LAYERS: readonly RTCRtpEncodingParameters[] = [
  { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: 'f', maxBitrate: VIDEO_BITRATE },
]
/**
 * The pixels that two layers need, and three. Of a smaller picture Chromium sends the first ones
 * alone, scaled as they were told to be: a camera of 360 lines would be seen with 180.
 */
const PIXELS = [480 * 270, 960 * 540]
/** Pictures that the house may leave out, so that a poor link gets fewer rather than none. */
const TEMPORAL = 'L1T3'
/** All sizes in one stream. */
const SCALABLE: readonly RTCRtpEncodingParameters[] = [
  { scalabilityMode: spatial(LAYERS.length), maxBitrate: VIDEO_BITRATE },
  { scalabilityMode: TEMPORAL, maxBitrate: VIDEO_BITRATE },
]

/**
 * A section that sends a picture in layers, or in one where the browser knows no layers. What a
 * browser does not know it refuses at once, and then nothing was added.
 */
export function addPicture(
  pc: RTCPeerConnection,
  stream: MediaStream,
  wish: VideoCodec = 'vp8',
): RTCRtpTransceiver {
  const add = (sendEncodings: RTCRtpEncodingParameters[]) =>
    pc.addTransceiver('video', { direction: 'sendonly', streams: [stream], sendEncodings })
  const simulcast = [{ scalabilityMode: TEMPORAL }, {}].map((more) =>
    LAYERS.map((layer) => ({ ...layer, ...more })),
  )
  const ways = sendsScalable(wish) ? SCALABLE.map((encoding) => [encoding]) : simulcast
  for (const way of ways) {
    try {
      return add(way)
    } catch {
      // Less is asked for next.
    }
  }
  return add([{ maxBitrate: VIDEO_BITRATE }])
}

/** Sends the layers that somebody watches and the camera can fill, and no others. */
export class LayerSwitch {
  readonly #sender: RTCRtpSender
  #wanted: readonly string[] | null = null
  #layers = LAYERS.length
  #due = false
  #busy = false
  /** The picture is one stream of several sizes. */
  #scalable = false

  constructor(sender: RTCRtpSender) {
    this.#sender = sender
  }

  /** The last wish counts; earlier ones that wait are forgotten. */
  want(wanted: readonly string[]): void {
    this.#wanted = wanted
    this.#change()
  }

  /** Gives a small picture fewer layers, the largest of which is the whole of it. */
  fit(track: MediaStreamTrack): void {
    const layers = layersOf(track)
    if (layers === this.#layers) return
    this.#layers = layers
    this.#change()
  }

  #change(): void {
    this.#due = true
    if (!this.#busy) void this.#apply()
  }

  async #apply(): Promise<void> {
    this.#busy = true
    while (this.#due) {
      this.#due = false
      // Refused while the connection is closing, and then it does not matter.
      await this.#set().catch(() => undefined)
    }
    this.#busy = false
  }

  async #set(): Promise<void> {
    const parameters = this.#sender.getParameters()
    parameters.encodings.forEach((encoding, index) => {
      const { rid } = encoding
      if (rid === undefined) {
        this.#setSpatial(encoding)
        return
      }
      const watched = this.#wanted === null || this.#wanted.includes(rid)
      // The smallest is always sent: by it the house knows that there is a picture.
      encoding.active = index === 0 || (index < this.#layers && watched)
      encoding.scaleResolutionDownBy = 2 ** Math.max(this.#layers - 1 - index, 0)
    })
    await this.#sender.setParameters(parameters)
  }

  /** One scalable stream: fewer sizes, as large as they were among more. */
  #setSpatial(encoding: RTCRtpEncodingParameters): void {
    this.#scalable ||= encoding.scalabilityMode === spatial(LAYERS.length)
    // A browser without layers sends its one picture whole.
    if (!this.#scalable) return
    const named = this.#wanted?.filter((name) => /^s\d$/.test(name)).length ?? 0
    const fewer = named > 0 && named < this.#layers
    encoding.scalabilityMode = spatial(fewer ? named : LAYERS.length)
    encoding.scaleResolutionDownBy = fewer ? 2 ** (this.#layers - named) : 1
  }
}

/**
 * The mode of so many sizes in one stream. Each builds on the smaller ones in keyframes alone, so
 * that those who see the largest need not be sent the others.
 */
function spatial(layers: number): string {
  return layers > 1 ? `L${layers}T3_KEY` : TEMPORAL
}

function layersOf(track: MediaStreamTrack): number {
  const { width, height } = track.getSettings()
  // Nothing is known of some pictures; most cameras fill all layers.
  if (width === undefined || height === undefined) return LAYERS.length
  return 1 + PIXELS.filter((pixels) => width * height >= pixels).length
}
