import { setTimeout as pass } from 'node:timers/promises'
import { type Load, observeLoad } from '../harness/load.ts'
import { percentile, tenth } from '../harness/numbers.ts'
import type { View } from './ways.ts'

/** What was seen through a weather. */
export interface Sight {
  seconds: number
  /** Pictures decoded a second. */
  fps: number
  /** Freezes by the browser's own count, and how long they took together. */
  freezes: number
  frozen_ms: number
  /** The longest time between two pictures on the screen. */
  longest_gap_ms: number
  /** Glass to glass. */
  p50_ms: number
  p95_ms: number
  samples: number
  unreadable: number
  /** The share of pictures by their number of lines, in percent. */
  lines: Record<string, number>
  kbps: number
  nacks: number
  plis: number
  /** What the weather took, in percent of the packets towards the watcher and away from them. */
  lost_pct: { up: number; down: number }
  /** How late the weather itself let packets go, beyond what it meant, p95. */
  tunnel_late_p95_ms: number
  load: Load
}

/** How long to wait, and how long to look. */
export interface Pace {
  settleMs: number
  watchMs: number
}

/** Watches for a while, once those on their way have found their pace. */
export async function observe({ watcher, tunnel }: View, pace: Pace): Promise<Sight> {
  const { page } = watcher
  const count = () => page.evaluate(() => window.e2e.pictureCount())
  const reading = () => page.evaluate(() => window.e2e.takeReading('way'))
  await pass(pace.settleMs)
  const load = observeLoad()
  const before = await count()
  const begun = performance.now()
  await reading()
  tunnel.lateness.length = 0
  const fatesBefore = tunnel.fates
  await pass(pace.watchMs)
  const { delays, unreadable, shown, lines, span } = await reading()
  const seconds = (performance.now() - begun) / 1000
  const after = await count()
  return {
    seconds: tenth(seconds),
    fps: tenth((after.decoded - before.decoded) / seconds),
    freezes: after.freezes - before.freezes,
    frozen_ms: after.frozenMs - before.frozenMs,
    longest_gap_ms: Math.round(longestGap(shown, span)),
    p50_ms: tenth(percentile(delays, 0.5)),
    p95_ms: tenth(percentile(delays, 0.95)),
    samples: delays.length,
    unreadable,
    lines: shares(lines, shown.length),
    kbps: Math.round(((after.bytes - before.bytes) * 8) / 1000 / seconds),
    nacks: after.nacks - before.nacks,
    plis: after.plis - before.plis,
    lost_pct: {
      up: lostShare(fatesBefore.up, tunnel.fates.up),
      down: lostShare(fatesBefore.down, tunnel.fates.down),
    },
    tunnel_late_p95_ms: tenth(percentile(tunnel.lateness, 0.95)),
    load: load(),
  }
}

/** The longest time without a new picture, that at either end of the span included. */
export function longestGap(shown: readonly number[], span: readonly [number, number]): number {
  const marks = [span[0], ...shown, span[1]]
  return Math.max(...marks.slice(1).map((at, index) => at - (marks[index] ?? at)))
}

function shares(lines: Record<number, number>, all: number): Record<string, number> {
  const share = (count: number) => Math.round((100 * count) / Math.max(1, all))
  return Object.fromEntries(Object.entries(lines).map(([key, count]) => [key, share(count)]))
}

function lostShare(
  before: { carried: number; lost: number; crowded: number },
  after: typeof before,
): number {
  const lost = after.lost + after.crowded - before.lost - before.crowded
  const all = after.carried - before.carried + lost
  return all === 0 ? 0 : tenth((100 * lost) / all)
}
