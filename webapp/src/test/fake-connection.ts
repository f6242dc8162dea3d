import { vi } from 'vitest'

/** A PeerConnection that does nothing by itself; tests move it. */
export class FakeConnection {
  connectionState: RTCPeerConnectionState = 'new'
  onconnectionstatechange: (() => void) | null = null
  localDescription: { sdp: string } | null = null
  remote: string | null = null
  closed = false
  readonly transceivers: FakeTransceiver[] = []

  addTransceiver(kind: string, init: { direction: string }): FakeTransceiver {
    const transceiver = new FakeTransceiver(String(this.transceivers.length), kind, init.direction)
    this.transceivers.push(transceiver)
    return transceiver
  }

  getTransceivers(): FakeTransceiver[] {
    return this.transceivers
  }

  async createOffer(): Promise<{ sdp: string }> {
    return { sdp: this.transceivers.map(({ kind, direction }) => `${kind}:${direction}`).join(' ') }
  }

  async setLocalDescription(description: { sdp: string }): Promise<void> {
    this.localDescription = description
  }

  async setRemoteDescription({ sdp }: { sdp: string }): Promise<void> {
    this.remote = sdp
  }

  close(): void {
    this.closed = true
  }

  become(state: RTCPeerConnectionState): void {
    this.connectionState = state
    this.onconnectionstatechange?.()
  }
}

class FakeTransceiver {
  readonly receiver: { track: object; jitterBufferTarget: number | null }
  readonly sender = { track: null as unknown, replaceTrack: this.#replace.bind(this) }

  readonly mid: string
  readonly kind: string
  readonly direction: string

  constructor(mid: string, kind: string, direction: string) {
    this.mid = mid
    this.kind = kind
    this.direction = direction
    this.receiver = { track: { mid }, jitterBufferTarget: null }
  }

  setCodecPreferences(): void {}

  async #replace(track: unknown): Promise<void> {
    this.sender.track = track
  }
}

/** What WebRTC code finds in a browser, as far as it is used. */
export function stubWebRtc(): void {
  const capabilities = { getCapabilities: () => ({ codecs: [{ mimeType: 'video/VP8' }] }) }
  vi.stubGlobal('RTCRtpSender', capabilities)
  vi.stubGlobal('RTCRtpReceiver', capabilities)
  vi.stubGlobal(
    'MediaStream',
    class {
      readonly tracks: unknown[]
      constructor(tracks: unknown[] = []) {
        this.tracks = tracks
      }
    },
  )
}
