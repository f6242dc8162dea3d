import { journey, type Scene } from '../harness/journey.ts'
import {
  actorOnStage,
  BLUE,
  hearsSound,
  RED,
  receivesNothing,
  seesPicture,
  slotOf,
  spectatorInside,
} from '../harness/play.ts'
import type { Visitor } from '../harness/visitor.ts'

journey(
  'restart',
  'the house is killed in mid-play, and everybody comes back by themselves',
  async (scene) => {
    const { actor: stageDoor, spectators, stageManager } = scene.house.programme
    const [secondDoor = ''] = await scene.house.links('actor')
    const red = await actorOnStage(scene, 'red', stageDoor, RED)
    const blue = await actorOnStage(scene, 'blue', secondDoor, BLUE)
    const spectator = await spectatorInside(scene, 'spectator', spectators[0])
    const manager = await scene.visit('manager', { to: stageManager })
    for (const actor of [red, blue]) await isPlaying(spectator, actor)
    const everybody = [red, blue, spectator, manager]

    await killAndReopen(scene, everybody)
    for (const actor of [red, blue]) await isPlaying(spectator, actor)
    await spectator.finds('curtain', 'data-state', 'raised')
    await spectator.screenshot('back')

    // What the stage manager did before is still done after.
    await manager.click('lower-curtain')
    await spectator.finds('curtain', 'data-state', 'lowered')
    await manager.click(`mute-video-${await red.person}`)
    await red.finds('muted-by-manager', 'data-what', 'video')
    await killAndReopen(scene, everybody)
    await spectator.finds('curtain', 'data-state', 'lowered')
    await receivesNothing(spectator, red)
    await red.finds('muted-by-manager', 'data-what', 'video')
    await manager.click('raise-curtain')
    await isPlaying(spectator, blue)
    await spectator.sees(`slot-${await slotOf(spectator, red)}-card`)
    await hearsSound(spectator, await slotOf(spectator, red))
  },
)

async function isPlaying(spectator: Visitor, actor: Visitor): Promise<void> {
  const slot = await slotOf(spectator, actor)
  await seesPicture(spectator, slot)
  await hearsSound(spectator, slot)
}

/** The pages are not touched: they find the way back alone. */
async function killAndReopen(scene: Scene, everybody: Visitor[]): Promise<void> {
  for (const { page } of everybody) await page.evaluate(() => window.e2e.markConnection())
  await scene.house.kill()
  for (const visitor of everybody) await visitor.sees('connection-banner')
  await scene.house.reopen()
  for (const visitor of everybody) {
    await visitor.until('a new connection', () => window.e2e.hasNewConnection(), null)
    await visitor.seesNo('connection-banner')
  }
}
