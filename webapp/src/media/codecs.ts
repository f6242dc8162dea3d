/** The video codecs of the house, most wanted first, and what repairs them. */
const VIDEO = ['video/vp8', 'video/h264', 'video/rtx']

/** The part of a codec's description that decides. */
export interface CodecLike {
  mimeType: string
}

/**
 * The browser's codecs that the house forwards, in the house's order. Everything else is left
 * out of the offer: a third of its length, and nothing to negotiate by mistake.
 */
export function preferredVideo<T extends CodecLike>(codecs: readonly T[]): T[] {
  return VIDEO.flatMap((wanted) =>
    codecs.filter((codec) => codec.mimeType.toLowerCase() === wanted),
  )
}

/** Applies the house's order to a video section, before the offer is made. */
export function preferVideo(transceiver: RTCRtpTransceiver, direction: 'send' | 'receive'): void {
  const side = direction === 'send' ? RTCRtpSender : RTCRtpReceiver
  const codecs = preferredVideo(side.getCapabilities('video')?.codecs ?? [])
  if (codecs.length > 0) transceiver.setCodecPreferences(codecs)
}
