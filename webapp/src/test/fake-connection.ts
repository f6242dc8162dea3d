import { vi } from 'vitest'

/** A PeerConnection that does nothing by itself; tests move it. */
export class FakeConnection {
  connectionState: RTCPeerConnectionState = 'new'
  onconnectionstatechange: (() => void) | null = null
  localDescription: { sdp?: string } | null = null
  remote: string | null = null
  closed = false
  readonly transceivers: FakeTransceiver[] = []

  addTransceiver(kind: string, init: FakeInit): FakeTransceiver {
    const transceiver = new FakeTransceiver(String(this.transceivers.length), kind, init)
    this.transceivers.push(transceiver)
    return transceiver
  }

  getTransceivers(): FakeTransceiver[] {
    return this.transceivers
  }

  async createOffer(options?: { iceRestart?: boolean }): Promise<{ sdp: string }> {
    if (options?.iceRestart) return { sdp: 'a=ice-ufrag:restarted\r\na=ice-pwd:fresh\r\n' }
    return { sdp: this.transceivers.map(({ kind, direction }) => `${kind}:${direction}`).join(' ') }
  }

  async setLocalDescription(description: { sdp?: string }): Promise<void> {
    this.localDescription = description
  }

  async setRemoteDescription({ sdp }: { sdp: string }): Promise<void> {
    this.remote = sdp
  }

  configuration: RTCConfiguration = {}

  getConfiguration(): RTCConfiguration {
    return this.configuration
  }

  setConfiguration(configuration: RTCConfiguration): void {
    this.configuration = configuration
  }

  async getStats(): Promise<Map<string, unknown>> {
    return new Map()
  }

  close(): void {
    this.closed = true
  }

  become(state: RTCPeerConnectionState): void {
    this.connectionState = state
    this.onconnectionstatechange?.()
  }
}

interface FakeInit {
  direction: string
  sendEncodings?: { rid?: string }[]
}

class FakeTransceiver {
  readonly receiver: { track: object; jitterBufferTarget: number | null }
  readonly sender: FakeSender

  readonly mid: string
  readonly kind: string
  readonly direction: string

  constructor(mid: string, kind: string, { direction, sendEncodings = [] }: FakeInit) {
    this.mid = mid
    this.kind = kind
    this.direction = direction
    this.receiver = { track: { mid }, jitterBufferTarget: null }
    this.sender = new FakeSender(sendEncodings.map(({ rid }) => ({ rid, active: true })))
  }

  setCodecPreferences(): void {}
}

interface FakeEncoding {
  rid: string | undefined
  active: boolean
}

class FakeSender {
  track: unknown = null
  #encodings: FakeEncoding[]

  constructor(encodings: FakeEncoding[]) {
    this.#encodings = encodings
  }

  /** The layers that are sent. */
  get sent(): (string | undefined)[] {
    return this.#encodings.filter(({ active }) => active).map(({ rid }) => rid)
  }

  async replaceTrack(track: unknown): Promise<void> {
    this.track = track
  }

  getParameters(): { encodings: FakeEncoding[] } {
    return { encodings: this.#encodings.map((encoding) => ({ ...encoding })) }
  }

  async setParameters({ encodings }: { encodings: FakeEncoding[] }): Promise<void> {
    this.#encodings = encodings
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
