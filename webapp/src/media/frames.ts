/** How often to ask when the browser does not call back for frames. */
const POLL_MS = 100

/**
 * Calls `onFrame` for every frame that a received stream puts on `element`, with the frame's
 * RTP timestamp where the browser tells it. Returns the way to stop.
 */
export function watchFrames(
  element: HTMLVideoElement,
  receiver: RTCRtpReceiver | null,
  onFrame: (rtp: number | undefined) => void,
): () => void {
  if (!('requestVideoFrameCallback' in element)) return pollFrames(element, receiver, onFrame)
  let handle = 0
  const next: VideoFrameRequestCallback = (_now, metadata) => {
    onFrame(metadata.rtpTimestamp ?? delivered(receiver))
    handle = element.requestVideoFrameCallback(next)
  }
  handle = element.requestVideoFrameCallback(next)
  return () => element.cancelVideoFrameCallback(handle)
}

function pollFrames(
  element: HTMLVideoElement,
  receiver: RTCRtpReceiver | null,
  onFrame: (rtp: number | undefined) => void,
): () => void {
  let shown = element.currentTime
  const timer = setInterval(() => {
    if (element.currentTime === shown) return
    shown = element.currentTime
    onFrame(delivered(receiver))
  }, POLL_MS)
  return () => clearInterval(timer)
}

/** The newest frame that the decoder delivered, which is at most a frame ahead of the screen. */
function delivered(receiver: RTCRtpReceiver | null): number | undefined {
  return receiver?.getSynchronizationSources()[0]?.rtpTimestamp
}
