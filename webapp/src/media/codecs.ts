import type { VideoCodec } from '../api/generated/protocol'

/** The video codecs that every page takes, most wanted first. */
const COMMON: readonly VideoCodec[] = ['vp8', 'h264']
/** Those that have their layers in one stream. */
const SCALABLE: readonly VideoCodec[] = ['vp9', 'av1']

/**
 * The sound codecs of the house. Sent with every packet twice, because a lost word is worse than
 * 32 kbit/s; understood either way.
 */
const AUDIO = { send: ['audio/red', 'audio/opus'], receive: ['audio/opus', 'audio/red'] }

/** The part of a codec's description that decides. */
export interface CodecLike {
  mimeType: string
  sdpFmtpLine?: string
}

/**
 * The browser's codecs that the house forwards: the one that it wishes for, those that everybody
 * has, and what repairs them. Everything else is left out of the offer: a third of its length,
 * and nothing to negotiate by mistake.
 */
export function preferredVideo<T extends CodecLike>(codecs: readonly T[], wish: VideoCodec): T[] {
  const wanted = new Set<string>([wish, ...COMMON, 'rtx'])
  return [...wanted].flatMap((name) =>
    codecs.filter((codec) => codec.mimeType.toLowerCase() === `video/${name}` && isMain(codec)),
  )
}

/** The sound codecs that the browser and the house have, without the telephone's codecs. */
export function preferredAudio<T extends CodecLike>(
  codecs: readonly T[],
  direction: keyof typeof AUDIO,
): T[] {
  return preferred(AUDIO[direction], codecs)
}

function preferred<T extends CodecLike>(wanted: readonly string[], codecs: readonly T[]): T[] {
  return wanted.flatMap((name) => codecs.filter((codec) => codec.mimeType.toLowerCase() === name))
}

/** Applies the house's order to a section of sound, before the offer is made. */
export function preferAudio(transceiver: RTCRtpTransceiver, direction: 'send' | 'receive'): void {
  const side = direction === 'send' ? RTCRtpSender : RTCRtpReceiver
  const codecs = preferredAudio(side.getCapabilities('audio')?.codecs ?? [], direction)
  if (codecs.length > 0) transceiver.setCodecPreferences(codecs)
}

/** Ten bits and full colour are other profiles, which few decode. */
function isMain({ mimeType, sdpFmtpLine }: CodecLike): boolean {
  const key = { 'video/vp9': 'profile-id', 'video/av1': 'profile' }[mimeType.toLowerCase()]
  const parameters = new Map(sdpFmtpLine?.split(';').map((pair) => pair.trim().split('=', 2)) as [])
  return key === undefined || (parameters.get(key) ?? '0') === '0'
}

/** Whether pages send this codec as one scalable stream, and this browser can. */
export function sendsScalable(wish: VideoCodec): boolean {
  const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? []
  const has = codecs.some(({ mimeType }) => mimeType.toLowerCase() === `video/${wish}`)
  return SCALABLE.includes(wish) && has
}

/** Tells a forwarder which frame needs which, where the payload does not. */
const DESCRIPTOR =
  'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension'

/** The part of a transceiver that few browsers have and the compiler does not know. */
interface Extensible {
  getHeaderExtensionsToNegotiate?: () => { uri: string; direction: string }[]
  setHeaderExtensionsToNegotiate?: (extensions: { uri: string; direction: string }[]) => void
}

/** Offers to describe frames in a video section, where the browser can but would not by itself. */
export function describeFrames(transceiver: Extensible): void {
  const extensions = transceiver.getHeaderExtensionsToNegotiate?.() ?? []
  const described = extensions.find(({ uri }) => uri === DESCRIPTOR)
  if (described === undefined) return
  described.direction = 'sendrecv'
  transceiver.setHeaderExtensionsToNegotiate?.(extensions)
}

/** Applies the house's order to a video section, before the offer is made. */
export function preferVideo(
  transceiver: RTCRtpTransceiver,
  direction: 'send' | 'receive',
  wish: VideoCodec,
): void {
  const side = direction === 'send' ? RTCRtpSender : RTCRtpReceiver
  const codecs = preferredVideo(side.getCapabilities('video')?.codecs ?? [], wish)
  if (codecs.length > 0) transceiver.setCodecPreferences(codecs)
  // VP8 says by itself what is needed, and every byte counts.
  if (wish !== 'vp8') describeFrames(transceiver as Extensible)
}
