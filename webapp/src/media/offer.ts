import type { VideoCodec } from '../api/generated/protocol'
import { preferVideo } from './codecs'
import { addPicture, LayerSwitch } from './layers'

/** What a page's one offer holds. */
export interface OfferPlan {
  /** Slots with picture and sound. */
  pairs: number
  /** Slots with sound alone. */
  voices: number
  /** Whether it may send as well. */
  publishes: boolean
  /** The codec that the house wishes for. */
  video: VideoCodec
}

/** The sending sections of an offer. Tracks come and go in them without another offer. */
export interface Outgoing {
  audio: RTCRtpSender
  video: RTCRtpSender
  layers: LayerSwitch
}

/** Adds the sections of `plan` to a new PeerConnection. */
export function buildOffer(pc: RTCPeerConnection, plan: OfferPlan): Outgoing | null {
  const outgoing = plan.publishes ? addOutgoing(pc, plan.video) : null
  for (let pair = 0; pair < plan.pairs; pair++) {
    const video = pc.addTransceiver('video', { direction: 'recvonly' })
    preferVideo(video, 'receive', plan.video)
    playSoon(video)
    playSoon(pc.addTransceiver('audio', { direction: 'recvonly' }))
  }
  for (let voice = 0; voice < plan.voices; voice++) {
    playSoon(pc.addTransceiver('audio', { direction: 'recvonly' }))
  }
  return outgoing
}

function addOutgoing(pc: RTCPeerConnection, wish: VideoCodec): Outgoing {
  // One stream for both, so that receivers keep lips and voice together.
  const stream = new MediaStream()
  const audio = pc.addTransceiver('audio', { direction: 'sendonly', streams: [stream] })
  const video = addPicture(pc, stream, wish)
  preferVideo(video, 'send', wish)
  return { audio: audio.sender, video: video.sender, layers: new LayerSwitch(video.sender) }
}

/**
 * A theatre is a conversation: the browser keeps no more in reserve than the network makes it.
 * In sound this alone halves the delay from mouth to ear.
 */
function playSoon({ receiver }: RTCRtpTransceiver): void {
  if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0
}
