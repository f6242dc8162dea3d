import { setTimeout as pass } from 'node:timers/promises'
import type { Visitor } from '../harness/visitor.ts'
import type { Studio } from './set-up.ts'

/** Delays in ms, of all spectators. */
export interface Samples {
  sfu: number[]
  p2p: number[]
  audio: number[]
  p2pAudio: number[]
  /** Frames whose cells could not be read. */
  unreadable: number
}

type Way = 'sfu' | 'p2p'

const ROUNDS = Number(process.env.LATENCY_ROUNDS ?? 4)
const ROUND_MS = 6_000
/** After a picture comes back, its first frames tell of the pause and not of the way. */
const SETTLING_MS = 2_000

/** Measures the house and the floor in turns, so that whatever the machine does meets both. */
export async function measure(studio: Studio): Promise<Samples> {
  const { actor, spectators } = studio
  const samples: Samples = { sfu: [], p2p: [], audio: [], p2pAudio: [], unreadable: 0 }
  for (let round = 0; round < ROUNDS; round++) {
    for (const way of ['sfu', 'p2p'] as const) {
      await turnTo(way, studio, round % spectators.length)
      await pass(SETTLING_MS)
      await collect(spectators, way)
      await pass(ROUND_MS)
      const { delays, unreadable } = await collect(spectators, way)
      samples[way].push(...delays)
      samples.unreadable += unreadable
    }
  }
  const said = await actor.page.evaluate(() => window.e2e.clock().said)
  for (const { page } of spectators) {
    samples.audio.push(...mouthToEar(said, await page.evaluate(() => window.e2e.heard('sfu'))))
    samples.p2pAudio.push(...mouthToEar(said, await page.evaluate(() => window.e2e.heard('p2p'))))
  }
  return samples
}

/** Sends the picture one way only: two at once would slow each other down. */
async function turnTo(way: Way, { actor, spectators }: Studio, receiver: number): Promise<void> {
  const dark = await actor.at('self-mute-video').getAttribute('data-off')
  if ((dark === 'true') === (way === 'sfu')) await actor.click('self-mute-video')
  for (const [index, { page }] of spectators.entries()) {
    const on = way === 'p2p' && index === receiver
    await actor.page.evaluate(({ index, on }) => window.e2e.sendPeerVideo(index, on), { index, on })
    await page.evaluate((shown) => window.e2e.showPeer(shown), on)
  }
}

async function collect(
  spectators: Visitor[],
  way: Way,
): Promise<{ delays: number[]; unreadable: number }> {
  const result = { delays: [] as number[], unreadable: 0 }
  for (const { page } of spectators) {
    const { delays, unreadable } = await page.evaluate((name) => window.e2e.takeReading(name), way)
    result.delays.push(...delays)
    result.unreadable += unreadable
  }
  return result
}

/** From each burst to the moment at which it was heard. */
function mouthToEar(said: readonly number[], heard: readonly number[]): number[] {
  return heard.flatMap((at) => {
    const burst = said.findLast((time) => time <= at)
    return burst === undefined ? [] : [at - burst]
  })
}
