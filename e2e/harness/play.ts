import assert from 'node:assert/strict'
import type { Scene } from './journey.ts'
import type { Visitor } from './visitor.ts'
import type { Watcher } from './watcher.ts'

/** What actors wear and sound like in place of camera and microphone. */
export const RED = "actor('rgb(200,30,30)', 440)"
export const BLUE = "actor('rgb(30,30,200)', 660)"

/** Packets of sound that make two seconds: one every 20 ms. */
const TWO_SECONDS = 100

/** Opens a stage link, checks the devices and goes on stage. */
export async function actorOnStage(
  scene: Scene,
  name: string,
  link: string,
  media: string,
  before?: string,
): Promise<Visitor> {
  const actor = await scene.visit(name, { to: link, media, ...(before && { before }) })
  await actor.click('check-devices')
  await takeStage(actor)
  return actor
}

/** From the wings on stage. */
export async function takeStage(actor: Visitor): Promise<void> {
  await actor.finds('device-check', 'data-phase', 'ready')
  await actor.click('take-stage')
  await actor.finds('my-place', 'data-place', 'on-stage')
}

/** Opens a ticket link and enters the house by the one click. */
export async function spectatorInside(scene: Scene, name: string, link: string): Promise<Visitor> {
  const spectator = await scene.visit(name, { to: link, screen: 'phone' })
  await spectator.click('enter-house')
  await spectator.sees('house')
  return spectator
}

/** Waits until somebody is in a slot of the page; answers in which. */
export async function slotOf(visitor: Watcher, whom: Visitor): Promise<number> {
  const person = await whom.person
  await visitor.until(`${whom.name} in a slot`, (id) => window.e2e.slotOf(id) >= 0, person)
  return visitor.page.evaluate((id) => window.e2e.slotOf(id), person)
}

/** Waits until a slot is seen: more frames are decoded and reach a screen that shows them. */
export async function seesPicture(visitor: Watcher, slot: number, frames = 10): Promise<void> {
  const before = await visitor.page.evaluate((k) => window.e2e.progress(k), slot)
  await visitor.until(
    `${frames} frames of slot ${slot} on the screen`,
    async ({ slot, decoded, presented }) => {
      const now = await window.e2e.progress(slot)
      return now.decoded >= decoded && now.presented >= presented && window.e2e.isVisible(slot)
    },
    { slot, decoded: before.decoded + frames, presented: before.presented + frames },
  )
}

/** Waits until a slot is heard: sound with energy in it is played by an element that is open. */
export async function hearsSound(visitor: Watcher, slot: number): Promise<void> {
  const before = await visitor.page.evaluate((k) => window.e2e.progress(k), slot)
  await visitor.until(
    `sound of slot ${slot}`,
    async ({ slot, energy }) => {
      const now = await window.e2e.progress(slot)
      return now.energy > energy && window.e2e.isAudible(slot)
    },
    // A whisper: half a second of the quietest tone that these tests play.
    { slot, energy: before.energy + 0.001 },
  )
}

/**
 * Asserts that nothing of a kind reaches `receiver` while `sender` goes on sending for two
 * seconds. What was on its way already may come: a silence that begins late is tried again.
 */
export async function receivesNothing(
  receiver: Visitor,
  sender: Visitor,
  kind?: 'audio' | 'video',
): Promise<void> {
  const received = () => receiver.page.evaluate((k) => window.e2e.received(k), kind)
  let leaked = 0
  for (let attempt = 0; attempt < 3; attempt++) {
    const [before, sent] = [await received(), await sender.page.evaluate(() => window.e2e.sent())]
    await sender.until(
      'two seconds of sending',
      async (count) => (await window.e2e.sent()).audio >= count,
      sent.audio + TWO_SECONDS,
    )
    leaked = (await received()) - before
    if (leaked === 0) return
  }
  assert.fail(`${receiver.name} still receives ${kind ?? 'media'}: ${leaked} packets in 2 s`)
}
