import type { Browser as Firefox } from 'puppeteer-core'
import { FirefoxVisitor } from '../harness/firefox.ts'
import type { Scene } from '../harness/journey.ts'
import type { Watcher } from '../harness/watcher.ts'
import type { Client, Doors, Received } from './client.ts'

const SCREEN = { width: 640, height: 360 }
const GREEN = 'rgb(30,160,30)'
const ENOUGH_FRAMES = 30
/** A second of a tone. */
const ENOUGH_ENERGY = 0.001

type Open = () => Promise<Watcher & { close(): Promise<void> }>

/** The npm package `whip-whep` in a page of Chromium. */
export function inChromium(scene: Scene, version: string): Client {
  return inPage('whip-whep (npm) in Chromium', version, GREEN, async () => {
    const visitor = await scene.visit('whip-whep', { to: scene.house.origin, screen: SCREEN })
    visitor.tolerated.push(/Request rejected/)
    return Object.assign(visitor, { close: () => visitor.context.close() })
  })
}

/** The same in Firefox. */
export function inFirefox(scene: Scene, firefox: Firefox, version: string): Client {
  // Its own camera and microphone: a page's oscillator stays silent without a sound card.
  return inPage('whip-whep (npm) in Firefox ESR', version, null, () =>
    FirefoxVisitor.visit(firefox, 'whip-whep', { to: scene.house.origin, screen: SCREEN }),
  )
}

function inPage(name: string, version: string, colour: string | null, open: Open): Client {
  return {
    name,
    async publish({ actor }: Doors) {
      const page = await open()
      // Browsers let a page sound after a gesture.
      await page.click('lang-ru')
      await page.page.evaluate(({ token, colour }) => window.e2e.publishByWhip(token, colour), {
        token: actor,
        colour,
      })
      const stop = async () => {
        await page.page.evaluate(() => window.e2e.hangUp())
        await page.close()
      }
      return { version, stop }
    },
    async subscribe({ spectator }: Doors): Promise<Received> {
      const page = await open()
      await page.click('lang-ru')
      await page.page.evaluate((token) => window.e2e.viewByWhep(token), spectator)
      await page.until(
        'picture and sound',
        async ({ frames, energy }) => {
          const all = await window.e2e.receptions()
          return (
            all.reduce((sum, one) => sum + one.frames, 0) >= frames &&
            all.reduce((sum, one) => sum + one.energy, 0) >= energy
          )
        },
        { frames: ENOUGH_FRAMES, energy: ENOUGH_ENERGY },
      )
      const all = await page.page.evaluate(() => window.e2e.receptions())
      await page.page.evaluate(() => window.e2e.hangUp())
      await page.close()
      return {
        version,
        decoded: true,
        video: all.reduce((sum, { frames }) => sum + frames, 0),
        audio: all.reduce((sum, { kind, packets }) => sum + (kind === 'audio' ? packets : 0), 0),
      }
    },
  }
}
