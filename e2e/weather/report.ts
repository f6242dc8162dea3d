import { type Entry, ORDINARY, POOR, PROMISED_FREEZE_MS, PROMISED_P95_MS } from './almanac.ts'
import type { Sight } from './observe.ts'
import type { Way } from './ways.ts'

export type BrowserName = 'Chromium' | 'Firefox'

/** One weather, one way, one browser. */
export interface Row {
  weather: string
  way: Way
  browser: BrowserName
  sight: Sight
}

/** What was promised, and what came of it; nothing where it was not measured. */
export interface Verdict {
  rtt80_loss2_up_p95_ms: number | null
  rtt80_loss2_down_p95_ms: number | null
  rtt200_loss5_600k_up_extra_freeze_ms: number | null
  rtt200_loss5_600k_down_extra_freeze_ms: number | null
  held: boolean
}

/** Judges what Chromium saw by what was promised. */
export function judge(rows: readonly Row[]): Verdict {
  const find = (weather: string, way: Way) =>
    rows.find((row) => row.weather === weather && row.way === way && row.browser === 'Chromium')
      ?.sight
  const p95 = (way: Way) => find(ORDINARY, way)?.p95_ms ?? null
  const extra = (way: Way) => {
    const [house, peer] = [find(POOR, way), find(POOR, 'peer')]
    return house && peer ? house.longest_gap_ms - peer.longest_gap_ms : null
  }
  const verdict = {
    rtt80_loss2_up_p95_ms: p95('up'),
    rtt80_loss2_down_p95_ms: p95('down'),
    rtt200_loss5_600k_up_extra_freeze_ms: extra('up'),
    rtt200_loss5_600k_down_extra_freeze_ms: extra('down'),
  }
  const within = (value: number | null, limit: number) => value === null || value <= limit
  const held =
    within(verdict.rtt80_loss2_up_p95_ms, PROMISED_P95_MS) &&
    within(verdict.rtt80_loss2_down_p95_ms, PROMISED_P95_MS) &&
    within(verdict.rtt200_loss5_600k_up_extra_freeze_ms, PROMISED_FREEZE_MS) &&
    within(verdict.rtt200_loss5_600k_down_extra_freeze_ms, PROMISED_FREEZE_MS)
  return { ...verdict, held }
}

const WAYS: Record<Way, string> = {
  up: "house, actor's link",
  down: "house, spectator's link",
  peer: 'peer to peer',
}

/** A table for people. */
export function markdown(rows: readonly Row[], almanac: readonly Entry[], commit: string): string {
  const lines = rows.map(({ weather, way, browser, sight }) =>
    [
      weather,
      WAYS[way],
      browser,
      sight.fps,
      `${sight.p50_ms} / ${sight.p95_ms}`,
      sight.longest_gap_ms,
      `${sight.freezes} (${sight.frozen_ms})`,
      layers(sight),
      sight.kbps,
      `${sight.nacks} / ${sight.plis}`,
      `${sight.lost_pct.up} / ${sight.lost_pct.down}`,
      `${sight.load.cores}, ${sight.load.loadavg1}, ${sight.load.cpu_busy_pct}`,
    ].join(' | '),
  )
  const verdict = judge(rows)
  return `# Real browsers under weather

An actor's browser films a clock (640×360, 30 pictures a second); a spectator's browser reads it
back. Between one of them and the house, or between the two without a house, stands a UDP tunnel
that makes the weather, the same in both directions: delay, jitter, loss, a queue before a limit
(\`e2e/weather\`). Every row is a fresh house with fresh browsers, ${rows[0]?.sight.seconds ?? 0} s long after
settling. Measured by \`make weather\` at commit ${commit}; ${almanac.length} weathers.

| weather | where | spectator | pictures/s | glass to glass p50 / p95 ms | longest gap ms | freezes (ms) | lines: share | kbit/s | NACK / PLI | lost % up / down | cores, load 1 min, CPU busy % |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
${lines.map((line) => `| ${line} |`).join('\n')}

*Freezes* are the browser's own count (Firefox has none). *Longest gap* is the longest time between
two pictures on the screen, whoever is at fault. *Lost* counts what the weather took, the packets
that found its queue full included.

| promised | limit | measured |
| --- | --- | --- |
| ${ORDINARY}: p95 glass to glass, weather on the actor's link | ${PROMISED_P95_MS} ms | ${verdict.rtt80_loss2_up_p95_ms ?? '–'} ms |
| the same, on the spectator's link | ${PROMISED_P95_MS} ms | ${verdict.rtt80_loss2_down_p95_ms ?? '–'} ms |
| ${POOR}: longest gap beyond that of peer to peer, on the actor's link | ${PROMISED_FREEZE_MS} ms | ${verdict.rtt200_loss5_600k_up_extra_freeze_ms ?? '–'} ms |
| the same, on the spectator's link | ${PROMISED_FREEZE_MS} ms | ${verdict.rtt200_loss5_600k_down_extra_freeze_ms ?? '–'} ms |
`
}

function layers({ lines }: Sight): string {
  return Object.entries(lines)
    .map(([height, share]) => `${height}: ${share} %`)
    .join(', ')
}
