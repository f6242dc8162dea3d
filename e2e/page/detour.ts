/**
 * A description whose only way is `address` (host:port over UDP); with no address it names none,
 * and the other side has to come by itself.
 */
export function redirect(sdp: string, address: string | null): string {
  const candidate = address === null ? [] : [candidateOf(address)]
  const sections = sdp.split(/^(?=m=)/m).map((section) => {
    const lines = section.split('\r\n')
    const first = lines.findIndex((line) => line.startsWith('a=candidate:'))
    const rest = lines.filter((line) => !line.startsWith('a=candidate:'))
    return first < 0 ? section : rest.toSpliced(first, 0, ...candidate).join('\r\n')
  })
  return sections.join('')
}

function candidateOf(address: string): string {
  const [host, port] = address.split(':')
  return `a=candidate:1 1 udp 2130706431 ${host} ${port} typ host`
}

/** Sends the media of every connection of this page by way of `address`. */
export function takeDetour(address: string): void {
  const { prototype } = RTCPeerConnection
  // TypeScript knows the old form with callbacks too.
  const original: (this: RTCPeerConnection, told: RTCSessionDescriptionInit) => Promise<void> =
    prototype.setRemoteDescription
  prototype.setRemoteDescription = function detoured({ type, sdp = '' }) {
    return original.call(this, { type, sdp: redirect(sdp, address) })
  }
}
