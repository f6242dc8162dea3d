import { redirect } from '../page/detour.ts'
import type { Visitor } from './visitor.ts'
import type { Watcher } from './watcher.ts'

/** The streams of `window.e2e` that one page can send to another. */
export type PeerStream = 'flashes' | 'clock'

/**
 * Connects two pages without a house: `from` sends the named stream of `window.e2e` to `to`. With
 * a `detour`, which is told the port of `from` and answers with host and port, nothing passes
 * between them but by that way.
 */
export async function connectPeers(
  from: Visitor,
  to: Watcher,
  stream: PeerStream,
  detour?: (port: number) => Promise<string>,
): Promise<void> {
  const offer = await from.page.evaluate((name) => {
    const { flashes, clock, offerPeer } = window.e2e
    return offerPeer(name === 'flashes' ? flashes() : clock().stream)
  }, stream)
  const told = detour === undefined ? offer : redirect(offer, await detour(portOf(offer)))
  const answer = await to.page.evaluate((sdp) => window.e2e.answerPeer(sdp), told)
  const heard = detour === undefined ? answer : redirect(answer, null)
  await from.page.evaluate((sdp) => window.e2e.acceptPeer(sdp), heard)
  await to.until(
    'a picture from the other page',
    () => (window.e2e.peer.video?.videoWidth ?? 0) > 0,
    null,
  )
}

/** The UDP port of an offer over IPv4. */
function portOf(sdp: string): number {
  const port = sdp.match(/^a=candidate:\S+ 1 udp \d+ [\d.]+ (\d+) typ host/im)?.[1]
  if (port === undefined) throw new Error(`no address in:\n${sdp}`)
  return Number(port)
}
