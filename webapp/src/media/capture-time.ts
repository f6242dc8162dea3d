/** The time of capture travels with the packets; browsers know it, but offer it only when asked. */
const CAPTURE_TIME = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time'

/**
 * Asks for the time of capture, with which the delay from the stage to this screen can be read.
 * Browsers that cannot be asked go without.
 */
export function askCaptureTime(transceiver: RTCRtpTransceiver): void {
  const extensions = transceiver.getHeaderExtensionsToNegotiate?.() ?? []
  if (!extensions.some(({ uri }) => uri === CAPTURE_TIME)) return
  transceiver.setHeaderExtensionsToNegotiate?.(
    extensions.map(({ uri, direction }) => ({
      uri,
      direction: uri === CAPTURE_TIME ? 'sendrecv' : direction,
    })),
  )
}
