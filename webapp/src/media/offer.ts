import type { VideoCodec } from '../api/generated/protocol'
import { askCaptureTime } from './capture-time'
import { preferAudio, preferVideo } from './codecs'
import { addPicture, LayerSwitch } from './layers'

const MUSIC_BITRATE = 128_000

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
  /** Whether what it sends is music rather than a voice: in stereo, and with bits to spare. */
  music: boolean
}

/** The sending sections of an offer. Tracks come and go in them without another offer. */
export interface Outgoing {
  audio: RTCRtpSender
  video: RTCRtpSender
  layers: LayerSwitch
}

/** Adds the sections of `plan` to a new PeerConnection. */
export function buildOffer(pc: RTCPeerConnection, plan: OfferPlan): Outgoing | null {
  const outgoing = plan.publishes ? addOutgoing(pc, plan) : null
  for (let pair = 0; pair < plan.pairs; pair++) {
    const video = pc.addTransceiver('video', { direction: 'recvonly' })
    preferVideo(video, 'receive', plan.video)
    askCaptureTime(video)
    playSoon(video)
    addVoice(pc)
  }
  for (let voice = 0; voice < plan.voices; voice++) addVoice(pc)
  return outgoing
}

function addVoice(pc: RTCPeerConnection): void {
  const audio = pc.addTransceiver('audio', { direction: 'recvonly' })
  preferAudio(audio, 'receive')
  askCaptureTime(audio)
  playSoon(audio)
}

function addOutgoing(pc: RTCPeerConnection, { video: wish, music }: OfferPlan): Outgoing {
  // One stream for both, so that receivers keep lips and voice together.
  const stream = new MediaStream()
  const audio = pc.addTransceiver('audio', {
    direction: 'sendonly',
    streams: [stream],
    ...(music && { sendEncodings: [{ maxBitrate: MUSIC_BITRATE }] }),
  })
  const video = addPicture(pc, stream, wish)
  preferAudio(audio, 'send')
  preferVideo(video, 'send', wish)
  askCaptureTime(audio)
  askCaptureTime(video)
  return { audio: audio.sender, video: video.sender, layers: new LayerSwitch(video.sender) }
}

/**
 * A theatre is a conversation: the browser keeps no more in reserve than the network makes it.
 * In sound this alone halves the delay from mouth to ear.
 */
function playSoon({ receiver }: RTCRtpTransceiver): void {
  if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0
}
