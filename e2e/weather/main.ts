/**
 * Real browsers under weather, beside the same without a house. `--quick` looks at two weathers
 * for a moment each, to see that all of it works; `--only TEXT` at those whose name has TEXT.
 * The last line is one JSON object.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Browser as Firefox } from 'puppeteer-core'
import { artefact } from '../harness/artefacts.ts'
import { commit } from '../harness/commit.ts'
import { launchFirefox } from '../harness/firefox.ts'
import { ALMANAC, type Entry, ORDINARY, POOR } from './almanac.ts'
import { observe, type Pace } from './observe.ts'
import { judge, markdown, type Row } from './report.ts'
import { type Way, withView } from './ways.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
  },
})

const PROMISED = [ORDINARY, POOR]
const LONG: Pace = { settleMs: 8_000, watchMs: 20_000 }
const SHORT: Pace = { settleMs: 2_000, watchMs: 4_000 }

const pace = values.quick ? SHORT : LONG
const chosen = ALMANAC.filter(
  ({ name }) => name.includes(values.only) && (!values.quick || PROMISED.includes(name)),
)
const rows: Row[] = []
for (const entry of chosen) {
  for (const way of ['up', 'down', 'peer'] as const) await measure(entry, way, null)
}
// The other browser where it matters most: as a spectator, in the weathers of the promises.
const abroad = chosen.filter(({ name }) => PROMISED.includes(name)).slice(0, values.quick ? 1 : 2)
for (const entry of abroad) {
  const firefox = await launchFirefox()
  try {
    for (const way of ['down', 'peer'] as const) await measure(entry, way, firefox)
  } finally {
    await firefox.close()
  }
}

const whole = !values.quick && values.only === ''
const path = whole
  ? resolve(import.meta.dirname, '../../docs/performance/weather.md')
  : await artefact('weather.md')
await mkdir(dirname(path), { recursive: true })
await writeFile(path, markdown(rows, chosen, commit()))
console.error(`the table is in ${path}`)
console.log(JSON.stringify({ commit: commit(), quick: values.quick, verdict: judge(rows), rows }))

async function measure(entry: Entry, way: Way, firefox: Firefox | null): Promise<void> {
  const options = { way, weather: entry.weather, seed: Number(values.seed), firefox }
  const sight = await withView(options, (view) => observe(view, pace))
  const browser = firefox === null ? 'Chromium' : 'Firefox'
  rows.push({ weather: entry.name, way, browser, sight })
  const { fps, p50_ms, p95_ms, longest_gap_ms } = sight
  console.error(
    `${entry.name} · ${way} · ${browser}: ${fps} fps, ${p50_ms}/${p95_ms} ms, gap ${longest_gap_ms} ms`,
  )
}
