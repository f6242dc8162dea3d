import assert from 'node:assert/strict'
import { journey } from '../harness/journey.ts'
import { actorOnStage, hearsSound, RED, seesPicture, slotOf } from '../harness/play.ts'

journey(
  'ways',
  'who has no UDP plays and watches by TCP, and a change of network breaks nothing',
  async (scene) => {
    const { actor: stageDoor, spectators } = scene.house.programme
    const actor = await actorOnStage(scene, 'actor', stageDoor, RED, 'withoutUdp()')
    const byTcp = await scene.visit('by-tcp', { to: spectators[0], before: 'withoutUdp()' })
    const byUdp = await scene.visit('by-udp', { to: spectators[1] })
    for (const spectator of [byTcp, byUdp]) await spectator.click('enter-house')
    const slot = await slotOf(byTcp, actor)
    for (const spectator of [byTcp, byUdp]) {
      await seesPicture(spectator, slot)
      await hearsSound(spectator, slot)
    }
    const ways = [actor, byTcp, byUdp].map(({ page }) =>
      page.evaluate(() => window.e2e.transport()),
    )
    assert.deepEqual(await Promise.all(ways), ['tcp', 'tcp', 'udp'])
    await byTcp.screenshot('by-tcp')

    for (const visitor of [actor, byTcp, byUdp]) {
      const { page, offers } = visitor
      const user = await page.evaluate(() => {
        window.e2e.markConnection()
        window.e2e.changeNetwork()
        return window.e2e.iceUser()
      })
      await visitor.until('a new transport', (user) => window.e2e.iceUser() !== user, user)
      await seesPicture(byTcp, slot)
      await seesPicture(byUdp, slot)
      assert.equal(await page.evaluate(() => window.e2e.hasNewConnection()), false)
      assert.equal(visitor.offers, offers, 'no new connection was asked for')
    }
  },
)
