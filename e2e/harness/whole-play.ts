import assert from 'node:assert/strict'
import type { Scene } from './journey.ts'
import {
  actorOnStage,
  BLUE,
  hearsSound,
  receivesNothing,
  seesPicture,
  slotOf,
  takeStage,
} from './play.ts'
import type { Visitor } from './visitor.ts'

/** The evening as it is meant: from the three links of the programme to the last curtain. */
export async function theWholePlay(scene: Scene): Promise<void> {
  const { actor: stageDoor, spectators, stageManager } = scene.house.programme
  const actor = await rehearse(scene, stageDoor)
  await takeStage(actor)

  const spectator = await comeIn(scene, spectators[0])
  const manager = await scene.visit('manager', { to: stageManager })
  await manager.sees('console')
  const slot = await slotOf(spectator, actor)
  await seesPicture(spectator, slot)
  await hearsSound(spectator, slot)
  await spectator.screenshot('play')

  const cast: Cast = { actor, spectator, manager, slot }
  await learnsItsUplink(actor)
  await seesTheHouse(manager, actor)
  await dropAndRaiseTheCurtain(cast)
  await muteAndUnmute(cast)
  await secondActor(scene, cast)
}

interface Cast {
  actor: Visitor
  spectator: Visitor
  manager: Visitor
  /** The slot in which the spectator has the actor. */
  slot: number
}

async function rehearse(scene: Scene, link: string): Promise<Visitor> {
  const actor = await scene.visit('actor', { to: link })
  await actor.sees('check-devices')
  await actor.screenshot('door')
  await actor.click('check-devices')
  await actor.finds('device-audio', 'data-state', 'on')
  await actor.finds('device-video', 'data-state', 'on')
  await actor.finds('mic-hint', 'data-heard', 'true')
  await actor.until(
    'a level on the meter',
    () => Number(document.querySelector('[data-testid="mic-meter"]')?.ariaValueNow) > 10,
    null,
  )
  await actor.until(
    'a picture in the mirror',
    () => {
      const mirror = document.querySelector<HTMLVideoElement>('[data-testid="self-video"]')
      return (mirror?.getVideoPlaybackQuality().totalVideoFrames ?? 0) > 5
    },
    null,
  )
  await actor.screenshot('check')
  return actor
}

async function comeIn(scene: Scene, link: string): Promise<Visitor> {
  const spectator = await scene.visit('spectator', { to: link, screen: 'phone' })
  await spectator.sees('foyer')
  assert.ok(await spectator.at('title').textContent())
  assert.match((await spectator.at('starts-at').textContent()) ?? '', /\d{1,2}:\d\d/)
  assert.match((await spectator.at('cast').textContent()) ?? '', /Анна Рампова/)
  await spectator.until(
    'the poster',
    () => {
      const poster = document.querySelector<HTMLImageElement>('[data-testid="poster"]')
      return poster?.complete && poster.naturalWidth > 0
    },
    null,
  )
  await spectator.screenshot('foyer')
  await spectator.click('sound-play')
  await spectator.click('sound-heard')
  await spectator.finds('sound-check', 'data-step', 'heard')
  // The last click: what comes now comes by itself.
  await spectator.click('enter-house')
  await spectator.finds('curtain', 'data-state', 'raised')
  return spectator
}

/** Without feedback of the node a browser sends ever less than the little that it began with. */
async function learnsItsUplink(actor: Visitor): Promise<void> {
  await actor.until('a megabit', async () => (await window.e2e.uplink()) > 1_000_000, null)
}

async function seesTheHouse(manager: Visitor, actor: Visitor): Promise<void> {
  const person = await actor.person
  await manager.finds(`person-${person}`, 'data-place', 'on-stage')
  await manager.finds(`mute-audio-${person}`, 'data-live', 'true')
  await manager.finds(`mute-video-${person}`, 'data-live', 'true')
  await manager.finds('house-count', 'data-count', '1')
  await seesPicture(manager, await slotOf(manager, actor))
  await manager.screenshot('console')
}

async function dropAndRaiseTheCurtain({ actor, spectator, manager, slot }: Cast): Promise<void> {
  await manager.click('lower-curtain')
  await spectator.finds('curtain', 'data-state', 'lowered')
  await receivesNothing(spectator, actor)
  await spectator.screenshot('curtain')
  await manager.click('raise-curtain')
  await spectator.finds('curtain', 'data-state', 'raised')
  await seesPicture(spectator, slot)
  await hearsSound(spectator, slot)
}

/** The actor's page does not even stop sending: the node lets nothing through. */
async function muteAndUnmute({ actor, spectator, manager, slot }: Cast): Promise<void> {
  const person = await actor.person
  await manager.click(`mute-audio-${person}`)
  await actor.finds('muted-by-manager', 'data-what', 'audio')
  await receivesNothing(spectator, actor, 'audio')
  await seesPicture(spectator, slot)
  await actor.screenshot('muted')
  await manager.click(`mute-audio-${person}`)
  await actor.seesNo('muted-by-manager')
  await hearsSound(spectator, slot)

  await manager.click(`mute-video-${person}`)
  await actor.finds('muted-by-manager', 'data-what', 'video')
  await spectator.sees(`slot-${slot}-card`)
  await receivesNothing(spectator, actor, 'video')
  await hearsSound(spectator, slot)
  await manager.click(`mute-video-${person}`)
  await seesPicture(spectator, slot)
}

async function secondActor(scene: Scene, cast: Cast): Promise<void> {
  const [link] = await scene.house.links('actor')
  assert.ok(link)
  const second = await actorOnStage(scene, 'second', link, BLUE)
  await second.finds('on-stage', 'data-alone', 'false')
  await cast.spectator.finds('stage-view', 'data-faces', '2')
  const other = await slotOf(cast.spectator, second)
  assert.notEqual(other, cast.slot)
  await seesPicture(cast.spectator, other)
  await hearsSound(cast.spectator, other)
  await seesPicture(cast.spectator, cast.slot)
  // Those on stage see each other.
  await seesPicture(second, await slotOf(second, cast.actor))
  await seesPicture(cast.actor, await slotOf(cast.actor, second))
  await cast.spectator.screenshot('two')
  await cast.actor.screenshot('on-stage')
}
