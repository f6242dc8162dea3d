/** How often to ask when the browser does not call back for frames. */
const POLL_MS = 100

/** What a browser tells of a frame on the screen; all of it only where it can. */
export interface Frame {
  rtp: number | undefined
  /** From the camera to the screen, in ms, as far as clocks agree. */
  delay: number | undefined
}

/**
 * Calls `onFrame` for every frame that a received stream puts on `element`. Returns the way to
 * stop.
 */
export function watchFrames(
  element: HTMLVideoElement,
  receiver: RTCRtpReceiver | null,
  onFrame: (frame: Frame) => void,
): () => void {
  if (!('requestVideoFrameCallback' in element)) return pollFrames(element, receiver, onFrame)
  let handle = 0
  const next: VideoFrameRequestCallback = (_now, metadata) => {
    const rtp = metadata.rtpTimestamp ?? delivered(receiver)
    onFrame({ rtp, delay: age(receiver, rtp, metadata.expectedDisplayTime) })
    handle = element.requestVideoFrameCallback(next)
  }
  handle = element.requestVideoFrameCallback(next)
  return () => element.cancelVideoFrameCallback(handle)
}

/** Between 1900, where times of capture count from, and 1970, in ms. */
const NTP_EPOCH_MS = 2_208_988_800_000

/**
 * How old a frame is when it is displayed, in ms: the receiver knows when the newest one was
 * captured, by the clock of the house. Frames themselves have no `captureTime` here in Chromium.
 */
export function age(
  receiver: RTCRtpReceiver | null,
  rtp: number | undefined,
  displayed: DOMHighResTimeStamp,
): number | undefined {
  const source: CapturedSource | undefined = receiver?.getSynchronizationSources()[0]
  if (source?.captureTimestamp === undefined || source.rtpTimestamp !== rtp) return undefined
  const captured = source.captureTimestamp + (source.senderCaptureTimeOffset ?? 0)
  return performance.timeOrigin + displayed + NTP_EPOCH_MS - captured
}

/** What webrtc-extensions adds; not in TypeScript yet. */
interface CapturedSource extends RTCRtpSynchronizationSource {
  captureTimestamp?: number
  senderCaptureTimeOffset?: number
}

function pollFrames(
  element: HTMLVideoElement,
  receiver: RTCRtpReceiver | null,
  onFrame: (frame: Frame) => void,
): () => void {
  let shown = element.currentTime
  const timer = setInterval(() => {
    if (element.currentTime === shown) return
    shown = element.currentTime
    onFrame({ rtp: delivered(receiver), delay: undefined })
  }, POLL_MS)
  return () => clearInterval(timer)
}

/** The newest frame that the decoder delivered, which is at most a frame ahead of the screen. */
function delivered(receiver: RTCRtpReceiver | null): number | undefined {
  return receiver?.getSynchronizationSources()[0]?.rtpTimestamp
}
