import type { SessionState } from './features/session/state'
import type { Way } from './media/route'
import type { Slot } from './media/slot-board'

/** What tests may look at. Nothing in it can change the page, and no secret is in it. */
export interface TestProbe {
  readonly state: SessionState['phase']
  readonly slots: readonly Slot[]
  readonly connection: RTCPeerConnection | null
  /** How sound and picture travel. */
  readonly way: Way | null
  /** By slot, from camera to screen, in ms, as the browser believes. */
  readonly delays: Readonly<Record<number, number>>
  getStats(): Promise<RTCStatsReport | null>
}

declare global {
  interface RTCRtpEncodingParameters {
    /** Temporal and spatial layers within an encoding (W3C WebRTC-SVC); not in TypeScript yet. */
    scalabilityMode?: string
  }
  /** Header extensions by choice (W3C webrtc-extensions); not in TypeScript yet. */
  interface RTCRtpTransceiver {
    getHeaderExtensionsToNegotiate?(): RTCRtpHeaderExtensionChoice[]
    setHeaderExtensionsToNegotiate?(extensions: RTCRtpHeaderExtensionChoice[]): void
  }
  interface RTCRtpHeaderExtensionChoice {
    uri: string
    direction: RTCRtpTransceiverDirection
  }
  interface Window {
    /** Set by a test before the page loads: takes the place of camera and microphone. */
    __rampa_media?: () => MediaStream | Promise<MediaStream>
    /** The page's state, for tests. */
    __rampa?: TestProbe
  }
}
