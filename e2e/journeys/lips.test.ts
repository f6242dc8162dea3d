import assert from 'node:assert/strict'
import { journey } from '../harness/journey.ts'
import { median } from '../harness/numbers.ts'
import { connectPeers } from '../harness/peers.ts'
import { hearsSound, seesPicture, slotOf, takeStage } from '../harness/play.ts'
import type { Visitor } from '../harness/visitor.ts'

/** How far apart lips and voice may be, beyond what two browsers without a house make of them. */
const TOLERANCE_MS = 80

/** Browsers take some seconds to bring sound and picture together; then they hold them. */
const SETTLING = 8
const JUDGED = 9

journey('lips', 'lips and voice stay together as between two browsers', async (scene) => {
  const { actor: stageDoor, spectators } = scene.house.programme
  const actor = await scene.visit('actor', {
    to: stageDoor,
    media: 'flashAndBeep()',
    measures: true,
  })
  await actor.click('check-devices')
  await takeStage(actor)
  const spectator = await scene.visit('spectator', {
    to: spectators[0],
    screen: { width: 640, height: 360 },
    measures: true,
  })
  await spectator.click('enter-house')
  const slot = await slotOf(spectator, actor)
  await seesPicture(spectator, slot)
  await hearsSound(spectator, slot)

  await connectPeers(actor, spectator, 'flashes')
  await spectator.page.evaluate(async (number) => {
    const { peer, slotVideo, slotAudio, witness } = window.e2e
    const ways = [
      ['house', slotVideo(number), slotAudio(number)],
      ['peer', peer.video, peer.audio],
    ] as const
    for (const [name, video, audio] of ways) {
      if (!video || !(audio?.srcObject instanceof MediaStream))
        throw new Error(`nothing by ${name}`)
      await witness(name, video, audio.srcObject)
    }
  }, slot)

  const [house, peer] = [
    await settledSkew(spectator, 'house'),
    await settledSkew(spectator, 'peer'),
  ]
  console.log(`skew by the house ${house} ms, between browsers ${peer} ms`)
  assert.ok(Math.abs(house - peer) <= TOLERANCE_MS, `${house} ms and ${peer} ms`)
})

/** The middle of the last skews, once there are enough. */
async function settledSkew(spectator: Visitor, way: 'house' | 'peer'): Promise<number> {
  await spectator.until(
    `flashes and beeps by ${way}`,
    ({ way, enough }) => {
      const { skews, testimony } = window.e2e
      return skews(testimony(way)).length >= enough
    },
    { way, enough: SETTLING + JUDGED },
  )
  const skews = await spectator.page.evaluate(
    (name) => window.e2e.skews(window.e2e.testimony(name)),
    way,
  )
  return Math.round(median(skews.slice(SETTLING)))
}
