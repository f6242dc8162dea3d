/** How a page's media travels. */

import { currentConnection } from './stats.ts'

/** No UDP from here on: answers lose the candidates that need it, as if a network dropped all. */
export function withoutUdp(): void {
  const Connection = window.RTCPeerConnection
  window.RTCPeerConnection = class extends Connection {
    override setRemoteDescription({ type, sdp }: RTCSessionDescriptionInit): Promise<void> {
      const left = sdp?.replace(/^a=candidate:\S+ \d+ udp .*\r\n/gim, '') ?? ''
      return super.setRemoteDescription({ type, sdp: left })
    }
  }
}

/** `udp` or `tcp`, once a way is chosen. */
export async function transport(): Promise<string | undefined> {
  const report = await currentConnection()?.getStats()
  const entries = [...(report?.values() ?? [])]
  const { selectedCandidatePairId } = entries.find(({ type }) => type === 'transport') ?? {}
  const pair = report?.get(selectedCandidatePairId)
  return report?.get(pair?.remoteCandidateId)?.protocol
}

/** The user name of the page's transport: another one after each restart of ICE. */
export function iceUser(): string | undefined {
  return currentConnection()?.currentLocalDescription?.sdp.match(/^a=ice-ufrag:(\S+)/m)?.[1]
}

/** Tells the page what a browser tells when the device has found another network. */
export function changeNetwork(): void {
  window.dispatchEvent(new Event('online'))
}
