import assert from 'node:assert/strict'
import { journey } from '../harness/journey.ts'
import { hearsSound, RED, seesPicture, slotOf, takeStage } from '../harness/play.ts'
import type { Visitor } from '../harness/visitor.ts'

const WORD = 'a word between actor and spectator'

journey(
  'sealed',
  'frames sealed end to end pass as they are: who has the key sees and hears, nobody else',
  async (scene) => {
    const { actor: stageDoor, spectators } = scene.house.programme
    // A policy that lets no foreign worker in would let this one in neither.
    const sealed = { measures: true, word: WORD }
    const actor = await scene.visit('actor', { to: stageDoor, media: RED, ...sealed })
    await actor.click('check-devices')
    await takeStage(actor)

    const stranger = await scene.visit('stranger', {
      to: spectators[1],
      measures: true,
      word: null,
    })
    await stranger.click('enter-house')
    const friend = await scene.visit('friend', { to: spectators[0], ...sealed })
    await friend.click('enter-house')

    const slot = await slotOf(friend, actor)
    await seesPicture(friend, slot)
    await hearsSound(friend, slot)
    assert.equal(await friend.page.evaluate((k) => window.e2e.colourOf(k), slot), 'red')

    // The house sends the same to both.
    const dark = await slotOf(stranger, actor)
    await receivesPackets(stranger, dark)
    const { decoded, presented, energy } = await stranger.page.evaluate(
      (k) => window.e2e.progress(k),
      dark,
    )
    assert.deepEqual({ decoded, presented, energy }, { decoded: 0, presented: 0, energy: 0 })
    await stranger.screenshot('dark')
    await friend.screenshot('picture')

    // Another picture for another screen: the house finds its keyframe without opening it.
    await friend.page.setViewportSize({ width: 320, height: 180 })
    await friend.until(
      'the small picture',
      (k) => {
        const height = window.e2e.slotVideo(k)?.videoHeight ?? 0
        return height > 0 && height < 200
      },
      slot,
    )
    await seesPicture(friend, slot)
    assert.equal(await friend.page.evaluate((k) => window.e2e.colourOf(k), slot), 'red')
  },
)

/** Waits until a second of sound and of pictures has come, opened or not. */
async function receivesPackets(visitor: Visitor, slot: number): Promise<void> {
  await visitor.until(
    'packets of sound and picture',
    async (k) => {
      const { audioPackets, videoPackets } = await window.e2e.progress(k)
      return audioPackets > 50 && videoPackets > 15
    },
    slot,
  )
}
