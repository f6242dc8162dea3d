import assert from 'node:assert/strict'
import test from 'node:test'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { launchBrowser } from './browser.ts'
import { House, type HouseOptions } from './house.ts'
import type { Network } from './network.ts'
import { pageLibrary } from './page-library.ts'
import { DESKTOP, PHONE, Visitor } from './visitor.ts'

/** What a journey is set up with. */
export interface Setting {
  /** More flags of Chromium. */
  flags?: readonly string[]
  /** More settings of the house. */
  env?: HouseOptions['env']
  /** Where house and browser are, when not in this machine's network. */
  network?: Network
}

/** How somebody comes. */
export interface Arrival {
  /** A link, or an address of the house. */
  to: string
  screen?: 'phone' | 'desktop' | { width: number; height: number }
  /** A call of `window.e2e` that takes the place of camera and microphone. */
  media?: string
  /** A call of `window.e2e` before anything of the page runs. */
  before?: string
  /** The browser's language. */
  locale?: string
  /** Where the page's media has to pass (host:port), in place of the way it is told. */
  detour?: string
  /** The word whose key seals and opens the page's frames; null for who was never told it. */
  word?: string | null
  /** Opens mouths and ears, whose code the page's own policy would not let in. */
  measures?: boolean
}

/** The longest journey, on a machine ten times slower. */
const JOURNEY_MS = 15 * 60_000

/** A house and a browser, for one journey. */
export class Scene {
  readonly house: House
  readonly browser: Browser
  readonly visitors: Visitor[] = []
  readonly #name: string

  constructor(name: string, house: House, browser: Browser) {
    this.#name = name
    this.house = house
    this.browser = browser
  }

  /** Opens a page in a browser of its own: other storage, another device. */
  async visit(name: string, arrival: Arrival): Promise<Visitor> {
    const { to, screen = 'desktop', media, before, locale = 'ru-RU', measures = false } = arrival
    const viewport = screen === 'phone' ? PHONE : screen === 'desktop' ? DESKTOP : screen
    const options: BrowserContextOptions = { viewport, locale, timezoneId: 'Europe/Berlin' }
    if (measures) options.bypassCSP = true
    if (screen === 'phone') Object.assign(options, { isMobile: true, hasTouch: true })
    const context = await this.browser.newContext(options)
    await context.addInitScript({ content: (await pageLibrary()) + changes(arrival) })
    if (before !== undefined) await context.addInitScript({ content: `e2e.${before}` })
    if (media !== undefined) {
      await context.addInitScript({ content: `window.__rampa_media = () => e2e.${media}` })
    }
    const visitor = new Visitor(this.#name, name, await context.newPage())
    this.visitors.push(visitor)
    await visitor.page.goto(to, { waitUntil: 'domcontentloaded' })
    return visitor
  }
}

/** What the page's own connections are changed in. One script with the library: two have no order. */
function changes({ detour, word }: Arrival): string {
  const calls = [
    detour === undefined ? '' : `e2e.takeDetour(${JSON.stringify(detour)})`,
    word === undefined ? '' : `e2e.takeWord(${JSON.stringify(word)})`,
  ]
  return `\n${calls.join('\n')}`
}

/** A test in real browsers against a real house, which leaves nothing behind but artefacts. */
export function journey(
  name: string,
  title: string,
  play: (scene: Scene) => Promise<void>,
  setting: () => Setting | Promise<Setting> = () => ({}),
): void {
  test(title, { timeout: JOURNEY_MS }, async () => {
    const { flags, env, network } = await setting()
    const house = await House.open({ name, network, ...(env && { env }) })
    await endingWith(
      () => house.close(),
      async () => {
        const browser = await launchBrowser(flags, network)
        await endingWith(
          () => browser.close(),
          () => perform(new Scene(name, house, browser), play),
        )
      },
    )
  })
}

/** As `finally`, but what failed first is what is told. */
async function endingWith(end: () => Promise<void>, body: () => Promise<void>): Promise<void> {
  try {
    await body()
  } catch (error) {
    await end().catch((second: unknown) => console.error(second))
    throw error
  }
  await end()
}

async function perform(scene: Scene, play: (scene: Scene) => Promise<void>): Promise<void> {
  try {
    await play(scene)
  } catch (error) {
    // What they saw last tells most; a page that is gone tells nothing.
    for (const visitor of scene.visitors) await visitor.screenshot('failed').catch(() => undefined)
    throw error
  }
  const faults = scene.visitors.flatMap(({ name, faults }) => faults.map((f) => `${name}: ${f}`))
  assert.deepEqual(faults, [])
}
