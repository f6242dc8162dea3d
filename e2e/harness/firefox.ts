import puppeteer, { type Browser, type Page } from 'puppeteer-core'
import { pageLibrary } from './page-library.ts'
import { PATIENCE_MS } from './time.ts'
import { type Predicate, until, type Watcher } from './watcher.ts'

/** What Firefox is asked for; nothing about autoplay, as in Chromium. */
const PREFERENCES = {
  // A made camera and microphone, and nobody to ask for them.
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  // Two pages that meet without a server need each other's addresses as they are.
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  // Times as they are; otherwise whole milliseconds.
  'privacy.reduceTimerPrecision': false,
}

/**
 * Debian's Firefox ESR, which is no browser of Playwright's; `RAMPA_E2E_FIREFOX` names another
 * one. Puppeteer speaks to it as WebDriver BiDi wants it.
 */
export function launchFirefox(): Promise<Browser> {
  return puppeteer.launch({
    browser: 'firefox',
    executablePath: process.env.RAMPA_E2E_FIREFOX ?? '/usr/bin/firefox-esr',
    headless: true,
    extraPrefsFirefox: PREFERENCES,
    timeout: PATIENCE_MS,
    protocolTimeout: PATIENCE_MS,
  })
}

/** How somebody comes with Firefox. */
export interface FirefoxArrival {
  to: string
  screen: { width: number; height: number }
  /** As in an arrival with Chromium. */
  detour?: string
  /** A call of `window.e2e` that takes the place of camera and microphone. */
  media?: string
}

/** Somebody with Firefox. */
export class FirefoxVisitor implements Watcher {
  readonly name: string
  readonly page: Watcher['page']
  readonly #page: Page

  private constructor(name: string, page: Page) {
    this.name = name
    this.#page = page
    // As Playwright calls it: one argument. Its types know of handles, which are not used here.
    const evaluate = (body: (argument: unknown) => unknown, argument?: unknown) =>
      page.evaluate(body, argument)
    this.page = { evaluate } as Watcher['page']
  }

  /** Opens a page in a browser of its own: other storage, another device. */
  static async visit(browser: Browser, name: string, arrival: FirefoxArrival) {
    const { to, screen, detour, media } = arrival
    const context = await browser.createBrowserContext()
    const page = await context.newPage()
    page.setDefaultTimeout(PATIENCE_MS)
    await page.setViewport(screen)
    const more = [
      detour === undefined ? '' : `e2e.takeDetour(${JSON.stringify(detour)})`,
      media === undefined ? '' : `window.__rampa_media = () => e2e.${media}`,
    ]
    await page.evaluateOnNewDocument([await pageLibrary(), ...more].join('\n'))
    const visitor = new FirefoxVisitor(name, page)
    await page.goto(to, { waitUntil: 'domcontentloaded' })
    return visitor
  }

  async click(testId: string): Promise<void> {
    await this.#page.locator(`[data-testid="${testId}"]`).click()
  }

  until<A>(what: string, predicate: Predicate<A>, argument: A): Promise<void> {
    return until(this, what, predicate, argument)
  }

  async close(): Promise<void> {
    await this.#page.browserContext().close()
  }
}
