import type { Visitor } from './visitor.ts'

/** Connects two pages without a house: `from` sends the named stream of `window.e2e` to `to`. */
export async function connectPeers(
  from: Visitor,
  to: Visitor,
  stream: 'flashes' | 'clock',
): Promise<void> {
  const offer = await from.page.evaluate((name) => {
    const { flashes, clock, offerPeer } = window.e2e
    return offerPeer(name === 'flashes' ? flashes() : clock().stream)
  }, stream)
  const answer = await to.page.evaluate((sdp) => window.e2e.answerPeer(sdp), offer)
  await from.page.evaluate((sdp) => window.e2e.acceptPeer(sdp), answer)
  await to.until(
    'a picture from the other page',
    () => (window.e2e.peer.video?.getVideoPlaybackQuality().totalVideoFrames ?? 0) > 0,
    null,
  )
}
