import { CLEAR, type Weather } from './link.ts'
import { burstLoss, randomLoss } from './loss.ts'

/** A weather with a name. It is the same both ways. */
export interface Entry {
  name: string
  weather: Weather
}

/** A link whose packets come back after `rtt` ms. */
function link(rtt: number, more: Partial<Weather> = {}): Weather {
  return { ...CLEAR, delayMs: rtt / 2, ...more }
}

/** What is promised of this one: p95 from glass to glass within {@link PROMISED_P95_MS}. */
export const ORDINARY = 'rtt 80 ± 30, 2 % loss'
export const PROMISED_P95_MS = 500
/** What is promised of this one: no freeze longer than without a house, by more than this. */
export const POOR = 'rtt 200, 5 % loss, 600 kbit/s'
export const PROMISED_FREEZE_MS = 500

/** All weathers, from fair to foul. */
export const ALMANAC: readonly Entry[] = [
  { name: 'clear', weather: CLEAR },
  { name: 'rtt 50', weather: link(50) },
  { name: 'rtt 200', weather: link(200) },
  { name: 'rtt 50, 2 % loss', weather: link(50, { loss: randomLoss(0.02) }) },
  { name: 'rtt 50, 5 % loss', weather: link(50, { loss: randomLoss(0.05) }) },
  { name: 'rtt 50, 2 % loss in bursts of 8', weather: link(50, { loss: burstLoss(0.02, 8) }) },
  { name: ORDINARY, weather: link(80, { jitterMs: 15, loss: randomLoss(0.02) }) },
  { name: 'rtt 50, 1 % overtaken', weather: link(50, { reorder: 0.01, reorderMs: 10 }) },
  { name: 'rtt 50, 600 kbit/s', weather: link(50, { rateKbps: 600 }) },
  { name: POOR, weather: link(200, { rateKbps: 600, loss: randomLoss(0.05) }) },
]
