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
    const { captureTime, expectedDisplayTime } = metadata
    const delay = captureTime === undefined ? undefined : expectedDisplayTime - captureTime
    onFrame({ rtp: metadata.rtpTimestamp ?? delivered(receiver), delay })
    handle = element.requestVideoFrameCallback(next)
  }
  handle = element.requestVideoFrameCallback(next)
  return () => element.cancelVideoFrameCallback(handle)
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
