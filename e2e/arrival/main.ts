/**
 * A browser among five hundred arrivals, driven by `make bench-arrival`: one page films a clock,
 * another comes and goes. What it wants of the node it says on standard output, a line of JSON
 * each, and the benchmark answers on standard input.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pass } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { launchBrowser } from '../harness/browser.ts'
import { median } from '../harness/numbers.ts'
import { pageLibrary } from '../harness/page-library.ts'
import type { Sight } from '../page/arrival.ts'
import { type Answer, ask, stormBegins, stormIsOver, tell } from './lines.ts'

const FRAMES_PER_SECOND = 30
/** How long a picture is looked at to know how old it is. */
const CALM_MS = 4_000
/** Between two arrivals of the page during the storm: it is one of many, and not the storm. */
const BETWEEN_MS = 200
/** Arrivals whose delay is watched after the storm. */
const WATCHED = 5
/** After an arrival that may have caused a keyframe: old enough to have much to catch up with. */
const LATER_MS = 1_100
/** A delay that near to the baseline is at the baseline. */
const NEAR_MS = 50

const browser = await launchBrowser(['--autoplay-policy=no-user-gesture-required'])
// Pages of an origin: sound and timers are those of a page that somebody looks at.
const server = createServer((_, response) => {
  response.setHeader('content-type', 'text/html')
  response.end('<!doctype html><title>arrival</title><body>')
}).listen(0, '127.0.0.1')
try {
  const stage = await openPage()
  const offer = await stage.evaluate(async (fps) => {
    const { filmClock, publishClock } = window.e2e
    return publishClock(fps, await filmClock(fps))
  }, FRAMES_PER_SECOND)
  const answer = await ask({ publish: offer })
  await stage.evaluate((sdp) => window.e2e.takeAnswer(sdp), answer)

  const viewer = await openPage()
  await visit(viewer, CALM_MS)
  const baseline = median(steady(await visit(viewer, CALM_MS)))
  tell('ready')

  await stormBegins
  const firstFrames: number[] = []
  let over = false
  void stormIsOver.then(() => {
    over = true
  })
  while (!over) {
    firstFrames.push((await visit(viewer, 0)).firstFrame)
    await pass(BETWEEN_MS)
  }

  const settled: number[] = []
  for (let round = 0; round < WATCHED; round++) {
    await visit(viewer, 0)
    await pass(LATER_MS)
    settled.push(settling(await visit(viewer, CALM_MS), baseline))
  }
  tell({
    seen: { first_frames_ms: firstFrames, baseline_ms: baseline, settled_ms: settled },
  })
} finally {
  server.close()
  await browser.close()
}
process.exit(0)

async function openPage(): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 640, height: 360 } })
  await context.addInitScript({ content: await pageLibrary() })
  const page = await context.newPage()
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  return page
}

/** Comes, looks for so long, and goes. */
async function visit(page: Page, milliseconds: number): Promise<Sight> {
  const answer: Answer = await ask({ arrive: await page.evaluate(() => window.e2e.arrive()) })
  const sight = await page.evaluate(([sdp, ms]) => window.e2e.look(sdp, ms), [
    answer,
    milliseconds,
  ] as const)
  if (process.env.ARRIVAL_TRACE) console.error(JSON.stringify(sight))
  return sight
}

/** The delays of the second half, when everything has settled. */
function steady({ delays }: Sight): number[] {
  return delays.filter(({ at }) => at > CALM_MS / 2).map(({ delay }) => delay)
}

/** When the last picture was shown that was older than the baseline allows. */
function settling({ delays }: Sight, baseline: number): number {
  // Five in a row: one picture that is late is the machine's fault.
  const old = delays.map(({ delay }) => delay > baseline + NEAR_MS)
  const last = old.findLastIndex((_, index) => old.slice(index, index + 5).every(Boolean))
  return last < 0 ? 0 : (delays[Math.min(last + 5, delays.length - 1)]?.at ?? CALM_MS)
}
