import assert from 'node:assert/strict'
import test from 'node:test'
import { CLEAR, Link, type Weather } from './link.ts'
import { burstLoss, randomLoss } from './loss.ts'

const SEED = 7
const PACKETS = 20_000

/** Sends packets every `interval` ms; answers with each one's delay, null for the lost. */
function delays(
  weather: Weather,
  { seed = SEED, interval = 3, bytes = 1_000, packets = PACKETS } = {},
) {
  const link = new Link(weather, seed)
  return Array.from({ length: packets }, (_, index) => {
    const now = index * interval
    const arrival = link.send(now, bytes)
    return arrival === null ? null : arrival - now
  })
}

function share(values: readonly unknown[], matches: (value: unknown) => boolean): number {
  return values.filter(matches).length / values.length
}

/** Lengths of the runs of lost packets. */
function bursts(values: readonly (number | null)[]): number[] {
  const runs: number[] = []
  let run = 0
  for (const value of [...values, 0]) {
    if (value === null) run++
    else if (run > 0) {
      runs.push(run)
      run = 0
    }
  }
  return runs
}

test('in clear weather a packet arrives when it is sent', () => {
  assert.ok(delays(CLEAR).every((delay) => delay === 0))
})

test('a delay is the same for every packet', () => {
  assert.ok(delays({ ...CLEAR, delayMs: 40 }).every((delay) => delay === 40))
})

test('a seed decides everything', () => {
  const weather: Weather = {
    ...CLEAR,
    delayMs: 40,
    jitterMs: 15,
    loss: burstLoss(0.05, 4),
    rateKbps: 3_000,
    reorder: 0.01,
    reorderMs: 10,
  }
  assert.deepEqual(delays(weather), delays(weather))
  assert.notDeepEqual(delays(weather), delays(weather, { seed: SEED + 1 }))
})

test('jitter stays in its bounds, uses them, and keeps the order', () => {
  const link = new Link({ ...CLEAR, delayMs: 40, jitterMs: 15 }, SEED)
  let last = 0
  const seen: number[] = []
  for (let now = 0; now < 60_000; now += 3) {
    const arrival = link.send(now, 1_000)
    assert.ok(arrival !== null && arrival >= last)
    last = arrival
    seen.push(arrival - now)
  }
  assert.ok(Math.min(...seen) >= 25 && Math.max(...seen) <= 55)
  assert.ok(Math.min(...seen) < 30 && Math.max(...seen) > 50)
  const mean = seen.reduce((sum, delay) => sum + delay, 0) / seen.length
  assert.ok(Math.abs(mean - 40) < 4, `${mean}`)
})

test('random loss takes its share, packet by packet', () => {
  const seen = delays({ ...CLEAR, loss: randomLoss(0.05) })
  const lost = share(seen, (delay) => delay === null)
  assert.ok(Math.abs(lost - 0.05) < 0.01, `${lost}`)
  const runs = bursts(seen)
  const mean = runs.reduce((sum, run) => sum + run, 0) / runs.length
  assert.ok(mean < 1.2, `${mean}`)
})

test('burst loss takes its share, many at a time', () => {
  const seen = delays({ ...CLEAR, loss: burstLoss(0.05, 8) }, { packets: 100_000 })
  const lost = share(seen, (delay) => delay === null)
  assert.ok(Math.abs(lost - 0.05) < 0.01, `${lost}`)
  const runs = bursts(seen)
  const mean = runs.reduce((sum, run) => sum + run, 0) / runs.length
  assert.ok(mean > 6 && mean < 10, `${mean}`)
})

test('a limit holds, lets packets wait, and loses those that would wait too long', () => {
  // 1,028 bytes each 4 ms are 2,056 kbit/s.
  const weather = { ...CLEAR, rateKbps: 600, queueMs: 200 }
  const link = new Link(weather, SEED)
  let carried = 0
  let longest = 0
  for (let now = 0; now < 10_000; now += 4) {
    const arrival = link.send(now, 1_000)
    if (arrival === null) continue
    carried += 1_028
    longest = Math.max(longest, arrival - now)
  }
  const kbps = (carried * 8) / 10_000
  // What waits at the end has been taken as well: 200 ms of ten seconds.
  assert.ok(kbps > 590 && kbps < 620, `${kbps}`)
  assert.ok(longest > 190 && longest <= 200 + (1_028 * 8) / 600, `${longest}`)
  assert.ok(link.fates.crowded > 0)
  assert.equal(link.fates.lost, 0)
})

test('a limit that is not reached costs the time on the wire alone', () => {
  const seen = delays({ ...CLEAR, rateKbps: 8_000 }, { interval: 20 })
  assert.ok(seen.every((delay) => delay !== null && Math.abs(delay - 1.028) < 1e-6))
})

test('who is held back is overtaken', () => {
  const link = new Link({ ...CLEAR, delayMs: 20, reorder: 0.1, reorderMs: 10 }, SEED)
  const arrivals = Array.from({ length: PACKETS }, (_, index) => link.send(index * 3, 1_000) ?? 0)
  const late = arrivals.filter((arrival, index) => arrival > (arrivals[index + 1] ?? arrival))
  const expected = PACKETS * 0.1 * 0.9
  assert.ok(Math.abs(late.length - expected) < expected * 0.1, `${late.length}`)
})

test('the weather can change while packets are on their way, and keeps their order', () => {
  const link = new Link({ ...CLEAR, delayMs: 100 }, SEED)
  const before = link.send(0, 1_000)
  link.weather = { ...CLEAR, delayMs: 10 }
  assert.deepEqual([before, link.send(5, 1_000), link.send(200, 1_000)], [100, 100, 210])
})

test('every packet has one fate', () => {
  const link = new Link({ ...CLEAR, loss: randomLoss(0.1), rateKbps: 600, queueMs: 50 }, SEED)
  for (let now = 0; now < 30_000; now += 5) link.send(now, 1_000)
  const { carried, lost, crowded } = link.fates
  assert.equal(carried + lost + crowded, 6_000)
  assert.ok(carried > 0 && lost > 0 && crowded > 0)
})
