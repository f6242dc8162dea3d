import assert from 'node:assert/strict'
import { journey } from '../harness/journey.ts'
import { actorOnStage, hearsSound, seesPicture, slotOf } from '../harness/play.ts'
import type { Visitor } from '../harness/visitor.ts'

const LARGE = { width: 1280, height: 720 }
const SMALL = { width: 320, height: 180 }
/** Lines of the smallest layer, and less than any larger one even when a slow machine shrinks all. */
const FEW = 200

journey(
  'layers',
  'who has a small screen gets a small picture, and nothing is encoded for nobody',
  async (scene) => {
    const { actor: stageDoor, spectators } = scene.house.programme
    const green = "actor('rgb(30,140,60)', 440, 720)"
    const actor = await actorOnStage(scene, 'actor', stageDoor, green)
    const spectator = await scene.visit('spectator', { to: spectators[0], screen: LARGE })
    await spectator.click('enter-house')
    const slot = await slotOf(spectator, actor)
    await seesLines(spectator, slot, 'many')
    const { offers } = spectator

    await spectator.page.setViewportSize(SMALL)
    await seesLines(spectator, slot, 'few')
    await spectator.screenshot('small')
    // The largest layer is given up after some seconds without anybody.
    await encodesNoMore(actor, 'f')

    await spectator.page.setViewportSize(LARGE)
    await seesLines(spectator, slot, 'many')
    await seesPicture(spectator, slot)
    await hearsSound(spectator, slot)
    await spectator.screenshot('large')
    assert.equal(spectator.offers, offers, 'layers change without an offer')
  },
)

async function seesLines(visitor: Visitor, slot: number, lines: 'few' | 'many'): Promise<void> {
  await visitor.until(
    `a picture of ${lines} lines`,
    ({ slot, lines, limit }) => {
      const height = window.e2e.slotVideo(slot)?.videoHeight ?? 0
      return lines === 'many' ? height > limit : height > 0 && height <= limit
    },
    { slot, lines, limit: FEW },
  )
}

/** Waits until a layer rests while the smallest one goes on. */
async function encodesNoMore(actor: Visitor, layer: string): Promise<void> {
  const page = actor.page
  let before = await page.evaluate(() => window.e2e.encoded())
  for (;;) {
    await actor.until(
      'another second of pictures',
      async (frames) => ((await window.e2e.encoded()).q ?? 0) >= frames,
      (before.q ?? 0) + 15,
    )
    const now = await page.evaluate(() => window.e2e.encoded())
    if (now[layer] === before[layer]) return
    before = now
  }
}
