import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { artefact } from '../harness/artefacts.ts'
import { journey, type Scene } from '../harness/journey.ts'
import { actorOnStage, hearsSound, slotOf } from '../harness/play.ts'
import type { Visitor } from '../harness/visitor.ts'
import type { Picture } from '../page/stats.ts'

const LARGE = { width: 1280, height: 720 }
const SMALL = { width: 320, height: 180 }
/** Lines of the smallest layer, and less than any larger one even when a slow machine shrinks all. */
const FEW = 200
/** Keyframes that may be asked of a layer in the whole journey; a storm is hundreds. */
const ENOUGH_REQUESTS = 40

for (const codec of ['vp9', 'av1', 'h264']) {
  journey(
    `codec-${codec}`,
    `a picture in ${codec} grows and shrinks with its place, and never stands still`,
    (scene) => growsAndShrinks(scene, codec),
    () => ({ env: { RAMPA__SFU__VIDEO: codec } }),
  )
}

async function growsAndShrinks(scene: Scene, codec: string): Promise<void> {
  const { actor: stageDoor, spectators } = scene.house.programme
  const actor = await actorOnStage(scene, 'actor', stageDoor, "actor('rgb(30,140,60)', 440, 720)")
  const spectator = await scene.visit('spectator', { to: spectators[0], screen: LARGE })
  await spectator.click('enter-house')
  const slot = await slotOf(spectator, actor)
  const first = await sees(spectator, slot, 'large')
  assert.equal(first.codec, `video/${codec.toUpperCase()}`)
  for (const visitor of [actor, spectator]) {
    const extensions = await visitor.page.evaluate(() => window.e2e.extensions('video'))
    const described = extensions.some((uri) => uri.includes('dependency-descriptor'))
    assert.ok(described, `${visitor.name} agreed on dependency descriptors`)
  }

  let before = first
  for (const size of ['small', 'large', 'small', 'large'] as const) {
    await spectator.page.setViewportSize(size === 'small' ? SMALL : LARGE)
    const now = await sees(spectator, slot, size)
    assert.ok(now.decoded > before.decoded, 'pictures go on')
    before = now
  }
  await hearsSound(spectator, slot)
  await spectator.screenshot('large')
  if (codec !== 'h264') before = await rests(actor, spectator, slot)

  const sending = await actor.page.evaluate(() => window.e2e.sending())
  assert.ok(sending.length > 0 && sending.every((layer) => layer.codec === first.codec))
  const requests = sending.reduce((sum, layer) => sum + layer.keyframesAsked, 0)
  assert.ok(requests <= ENOUGH_REQUESTS * sending.length, `${requests} keyframes were asked for`)
  assert.ok(before.keyframesAsked <= 2, `the viewer asked for ${before.keyframesAsked} keyframes`)
  const told = JSON.stringify({ codec, first, last: before, sending }, null, 2)
  await writeFile(await artefact(`codec-${codec}/told.json`), told)
}

/** Sizes that nobody watches are not encoded, and are back when they are watched again. */
async function rests(actor: Visitor, spectator: Visitor, slot: number): Promise<Picture> {
  const sends = (mode: string) =>
    actor.until(
      `an encoder in mode ${mode}`,
      async (mode) => (await window.e2e.sending()).some((layer) => layer.mode === mode),
      mode,
    )
  await spectator.page.setViewportSize(SMALL)
  await sends('L1T3')
  await sees(spectator, slot, 'small')
  await spectator.screenshot('rests')
  await spectator.page.setViewportSize(LARGE)
  await sends('L3T3_KEY')
  return sees(spectator, slot, 'large')
}

/** Waits for a picture of the size, and for pictures to go on at it. */
async function sees(visitor: Visitor, slot: number, size: 'small' | 'large'): Promise<Picture> {
  const wanted = { slot, size, limit: FEW }
  await visitor.until(
    `a ${size} picture`,
    async ({ slot, size, limit }) => {
      const { height } = await window.e2e.picture(slot)
      return size === 'large' ? height > limit : height > 0 && height <= limit
    },
    wanted,
  )
  const { decoded } = await visitor.page.evaluate((k) => window.e2e.picture(k), slot)
  await visitor.until(
    `more of a ${size} picture`,
    async ({ slot, frames }) => (await window.e2e.picture(slot)).decoded >= frames,
    { slot, frames: decoded + 20 },
  )
  return visitor.page.evaluate((k) => window.e2e.picture(k), slot)
}
