import assert from 'node:assert/strict'
import { FirefoxVisitor, launchFirefox } from '../harness/firefox.ts'
import { journey } from '../harness/journey.ts'
import { actorOnStage, hearsSound, RED, slotOf } from '../harness/play.ts'

journey(
  'firefox',
  'a spectator with Firefox sees and hears an actor with Chromium',
  async (scene) => {
    const { actor: stageDoor, spectators } = scene.house.programme
    const actor = await actorOnStage(scene, 'actor', stageDoor, RED)
    const firefox = await launchFirefox()
    try {
      const screen = { width: 390, height: 844 }
      const spectator = await FirefoxVisitor.visit(firefox, 'spectator', {
        to: spectators[0],
        screen,
      })
      await spectator.click('enter-house')
      const slot = await slotOf(spectator, actor)
      // Firefox counts no frames of an element that shows a stream; what it decodes, it shows.
      await spectator.until(
        'pictures on the screen',
        async (k) => (await window.e2e.progress(k)).decoded >= 30 && window.e2e.isVisible(k),
        slot,
      )
      assert.equal(await spectator.page.evaluate((k) => window.e2e.colourOf(k), slot), 'red')
      await hearsSound(spectator, slot)
    } finally {
      await firefox.close()
    }
  },
)
