/** Ways that the page's connections are kept from. */

/**
 * From now on the page's connections go by a relay, and only by one whose address has `part` in
 * it. To be called before the page's own program runs.
 */
export function goByRelay(part: string): void {
  const narrow = (configuration: RTCConfiguration = {}): RTCConfiguration => ({
    ...configuration,
    iceTransportPolicy: 'relay',
    iceServers: (configuration.iceServers ?? []).flatMap((server) => {
      const urls = [server.urls].flat().filter((url) => url.includes(part))
      return urls.length > 0 ? [{ ...server, urls }] : []
    }),
  })
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(narrow(configuration))
    }

    override setConfiguration(configuration?: RTCConfiguration): void {
      super.setConfiguration(narrow(configuration))
    }
  }
}
