import type { BrowserContext, Page, WebSocket } from 'playwright-core'
import type {
  ClientEnvelope,
  PersonId,
  ServerEnvelope,
} from '../../webapp/src/api/generated/protocol.ts'
import type * as library from '../page/index.ts'
import { artefact } from './artefacts.ts'
import { PATIENCE_MS, within } from './time.ts'
import { type Predicate, until, type Watcher } from './watcher.ts'

declare global {
  interface Window {
    /** `page/`, as every page of a test has it. */
    e2e: typeof library
  }
}

/** Sizes of screens. */
export const PHONE = { width: 390, height: 844 }
export const DESKTOP = { width: 1440, height: 900 }

/** Somebody with a browser of their own, and what can be seen over their shoulder. */
export class Visitor implements Watcher {
  readonly name: string
  readonly page: Page
  /** Offers that went out by WebSocket. */
  offers = 0
  /** What went wrong in the page without being said to the person. */
  readonly faults: string[] = []
  /** Faults that are somebody else's. */
  readonly tolerated: RegExp[] = []
  readonly #journey: string
  readonly #person: Promise<PersonId>

  constructor(journey: string, name: string, page: Page) {
    this.#journey = journey
    this.name = name
    this.page = page
    page.setDefaultTimeout(PATIENCE_MS)
    page.on('websocket', (socket) => this.#countOffers(socket))
    this.#person = new Promise((resolve) => {
      page.on('websocket', (socket) =>
        socket.on('framereceived', ({ payload }) => {
          const message = JSON.parse(String(payload)) as ServerEnvelope
          if (message.type === 'welcome' && message.body.snapshot)
            resolve(message.body.snapshot.me.id)
        }),
      )
    })
    page.on('pageerror', (error) => this.#fault(String(error.stack ?? error)))
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) this.#fault(message.text())
    })
  }

  get context(): BrowserContext {
    return this.page.context()
  }

  /** Who the house says this is, once it has welcomed them. */
  get person(): Promise<PersonId> {
    return within(`${this.name}: a welcome`, this.#person)
  }

  /** An element by its `data-testid`. */
  at(testId: string) {
    return this.page.getByTestId(testId)
  }

  async click(testId: string): Promise<void> {
    await this.at(testId).click()
  }

  /** Waits until an element is on the screen. */
  async sees(testId: string): Promise<void> {
    await this.at(testId).first().waitFor({ state: 'visible' })
  }

  /** Waits until an element is not on the screen. */
  async seesNo(testId: string): Promise<void> {
    await this.at(testId).first().waitFor({ state: 'hidden' })
  }

  /** Waits until an element of this test id has an attribute of this value. */
  async finds(testId: string, attribute: string, value: string): Promise<void> {
    const selector = `[data-testid="${testId}"][${attribute}="${value}"]`
    await this.page.locator(selector).first().waitFor({ state: 'attached' })
  }

  until<A>(what: string, predicate: Predicate<A>, argument: A): Promise<void> {
    return until(this, what, predicate, argument)
  }

  /** Keeps what the screen shows. */
  async screenshot(moment: string): Promise<void> {
    const path = await artefact(`${this.#journey}/${this.name}-${moment}.png`)
    await this.page.screenshot({ path, animations: 'disabled', timeout: PATIENCE_MS })
  }

  #fault(text: string): void {
    if (!this.tolerated.some((pattern) => pattern.test(text))) this.faults.push(text)
  }

  #countOffers(socket: WebSocket): void {
    socket.on('framesent', ({ payload }) => {
      if (typeof payload !== 'string') return
      if ((JSON.parse(payload) as ClientEnvelope).type === 'offer') this.offers++
    })
  }
}
