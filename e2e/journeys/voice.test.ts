import assert from 'node:assert/strict'
import { journey } from '../harness/journey.ts'
import {
  actorOnStage,
  hearsSound,
  RED,
  seesPicture,
  slotOf,
  spectatorInside,
} from '../harness/play.ts'

journey('voice', 'an actor without a camera is heard, and named on a card', async (scene) => {
  const { actor: stageDoor, spectators } = scene.house.programme
  const voice = await scene.visit('voice', { to: stageDoor, media: 'voice(520)' })
  await voice.click('check-devices')
  await voice.finds('missing-video', 'data-why', 'not-found')
  await voice.sees('missing-advice')
  await voice.screenshot('check')
  await voice.click('take-stage')
  await voice.finds('my-place', 'data-place', 'on-stage')

  const spectator = await spectatorInside(scene, 'spectator', spectators[0])
  const slot = await slotOf(spectator, voice)
  await hearsSound(spectator, slot)
  await spectator.sees(`slot-${slot}-card`)
  assert.match((await spectator.at(`slot-${slot}-name`).textContent()) ?? '', /\S/)
  await spectator.screenshot('card')

  // Somebody with a picture beside them changes nothing.
  const [secondDoor = ''] = await scene.house.links('actor')
  const red = await actorOnStage(scene, 'red', secondDoor, RED)
  await seesPicture(spectator, await slotOf(spectator, red))
  await hearsSound(spectator, slot)
  await spectator.sees(`slot-${slot}-card`)
  await spectator.screenshot('both')
})
