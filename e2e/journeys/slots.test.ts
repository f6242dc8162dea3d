import assert from 'node:assert/strict'
import { journey } from '../harness/journey.ts'
import {
  actorOnStage,
  BLUE,
  hearsSound,
  RED,
  seesPicture,
  slotOf,
  spectatorInside,
  takeStage,
} from '../harness/play.ts'

journey('slots', 'a slot passes from actor to actor: no offer, no stale face', async (scene) => {
  const { actor: stageDoor, spectators } = scene.house.programme
  const [secondDoor = ''] = await scene.house.links('actor')

  const red = await actorOnStage(scene, 'red', stageDoor, RED)
  const blue = await scene.visit('blue', { to: secondDoor, media: BLUE })
  await blue.click('check-devices')
  const spectator = await spectatorInside(scene, 'spectator', spectators[0])
  const slot = await slotOf(spectator, red)
  await seesPicture(spectator, slot)
  await hearsSound(spectator, slot)
  const progress = () => spectator.page.evaluate((k) => window.e2e.progress(k), slot)
  const before = await progress()
  assert.equal(await spectator.page.evaluate((k) => window.e2e.colourOf(k), slot), 'red')
  assert.equal(spectator.offers, 1)

  await spectator.page.evaluate((k) => window.e2e.watchSlot(k), slot)
  await red.click('leave-stage')
  await spectator.sees('stage-empty')
  await takeStage(blue)
  assert.equal(await slotOf(spectator, blue), slot)
  await seesPicture(spectator, slot)
  await hearsSound(spectator, slot)
  // And once more without waiting for an empty stage to be seen.
  await blue.click('leave-stage')
  await blue.finds('my-place', 'data-place', 'green-room')
  await takeStage(red)
  assert.equal(await slotOf(spectator, red), slot)
  await seesPicture(spectator, slot)
  await hearsSound(spectator, slot)

  const wears = new Map([
    [await red.person, 'red'],
    [await blue.person, 'blue'],
  ])
  const looks = await spectator.page.evaluate((k) => window.e2e.looks(k), slot)
  for (const { person, colour } of looks) {
    if (colour !== null) assert.equal(colour, wears.get(person ?? ''), JSON.stringify(looks))
  }
  const worn = new Set(looks.map(({ colour }) => colour))
  assert.ok(worn.has('red') && worn.has('blue'), JSON.stringify(looks))

  const after = await progress()
  assert.deepEqual([after.videoMid, after.audioMid], [before.videoMid, before.audioMid])
  assert.equal(spectator.offers, 1)
  await spectator.screenshot('red-again')
})
