import { setTimeout as pass } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { PATIENCE_MS, POLL_MS } from './time.ts'

/** What is asked of a page until it is true; it may take its time to say so. */
export type Predicate<A> = (argument: A) => unknown | Promise<unknown>

/** Somebody before a page, in whatever browser. */
export interface Watcher {
  readonly name: string
  readonly page: Pick<Page, 'evaluate'>
  /** Clicks an element by its `data-testid`. */
  click(testId: string): Promise<void>
  /** Waits until `predicate` holds in the page; `what` says what for. */
  until<A>(what: string, predicate: Predicate<A>, argument: A): Promise<void>
}

/** Asks a page again and again. Playwright's own `waitForFunction` takes a promise for a yes. */
export async function until<A>(
  { name, page }: Pick<Watcher, 'name' | 'page'>,
  what: string,
  predicate: Predicate<A>,
  argument: A,
): Promise<void> {
  // Playwright's types unpack handles from arguments; there are none here.
  const ask = predicate as (argument: unknown) => unknown
  const deadline = performance.now() + PATIENCE_MS
  while (!(await page.evaluate(ask, argument))) {
    if (performance.now() > deadline) {
      const state = await page.evaluate(() => window.e2e.describe()).catch(String)
      throw new Error(`${name}: ${what} did not come\n${state}`)
    }
    await pass(POLL_MS)
  }
}
