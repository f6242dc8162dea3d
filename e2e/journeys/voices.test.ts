import assert from 'node:assert/strict'
import { journey } from '../harness/journey.ts'
import { actorOnStage, hearsSound, slotOf, spectatorInside } from '../harness/play.ts'

/** Slots with a picture; whoever comes later shares the voices. */
const PAIRS = 6

journey(
  'voices',
  'who finds no place with a picture is heard by voice, and is seen to speak',
  async (scene) => {
    const { house } = scene
    const actor = await actorOnStage(scene, 'actor', house.programme.actor, 'voice(440)')
    const spectator = await spectatorInside(scene, 'spectator', house.programme.spectators[0])
    const first = await slotOf(spectator, actor)
    await hearsSound(spectator, first)
    assert.ok(first < PAIRS)

    // The time of capture comes along, by the clock of the house, which is this machine's.
    await spectator.until(
      'a time of capture of now',
      (slot) => {
        const captured = window.e2e.captureTimestamp(slot)
        if (captured === undefined) return false
        const since1900 = Date.now() + 2_208_988_800_000
        return Math.abs(since1900 - captured) < 60_000
      },
      first,
    )

    // Six voices from elsewhere fill the other pairs, and one is left over.
    const choir = await scene.visit('choir', { to: house.origin })
    await choir.click('lang-ru')
    const tokens = await house.tokens('actor', PAIRS)
    await choir.page.evaluate((all) => window.e2e.speakByWhip(all), tokens)
    await spectator.until(
      'a voice without a picture',
      (slot) => window.__rampa?.slots.some((one) => one.slot === slot && one.person !== null),
      PAIRS,
    )
    await hearsSound(spectator, PAIRS)
    await spectator.sees('voices')
    await spectator.finds(`slot-${PAIRS}-name`, 'data-speaking', 'true')
    await spectator.finds(`slot-${first}`, 'data-speaking', 'true')
    await spectator.screenshot('choir')

    // Pages say everything twice, foreign clients once. Browsers name the codec inside either way,
    // so the weight of a packet tells.
    const plain = first === 0 ? 1 : 0
    await hearsSound(spectator, plain)
    await spectator.until(
      'redundant sound',
      async ({ first, plain }) =>
        (await window.e2e.soundWeight(first)) > 1.5 * (await window.e2e.soundWeight(plain)),
      { first, plain },
    )
    assert.equal(spectator.offers, 1, 'nothing is negotiated')

    // Who falls silent is no longer seen to speak.
    await actor.click('self-mute-audio')
    await spectator.finds(`slot-${first}`, 'data-speaking', 'false')
  },
)
