/**
 * Glass to glass and mouth to ear, in browsers: an actor films a clock and speaks bursts, two
 * spectators read the clock and hear the bursts. Beside it, in turns and by the same canvas, the
 * same between two browsers without a house: the floor. The last line is one JSON object.
 */
import { launchBrowser } from '../harness/browser.ts'
import { House } from '../harness/house.ts'
import { Scene } from '../harness/journey.ts'
import { observeLoad } from '../harness/load.ts'
import { percentile, tenth } from '../harness/numbers.ts'
import { measure, type Samples } from './rounds.ts'
import { setUp } from './set-up.ts'

const house = await House.open({ name: 'latency' })
try {
  const browser = await launchBrowser()
  try {
    const studio = await setUp(new Scene('latency', house, browser))
    const load = observeLoad()
    const samples = await measure(studio)
    console.log(JSON.stringify({ ...report(samples), load: load() }))
  } finally {
    await browser.close()
  }
} finally {
  await house.close()
}

function report({ sfu, p2p, audio, p2pAudio, unreadable }: Samples) {
  const of = (values: number[], p: number) => tenth(percentile(values, p))
  return {
    sfu_p50_ms: of(sfu, 0.5),
    sfu_p95_ms: of(sfu, 0.95),
    p2p_p50_ms: of(p2p, 0.5),
    p2p_p95_ms: of(p2p, 0.95),
    audio_p50_ms: of(audio, 0.5),
    audio_p95_ms: of(audio, 0.95),
    p2p_audio_p50_ms: of(p2pAudio, 0.5),
    p2p_audio_p95_ms: of(p2pAudio, 0.95),
    samples: sfu.length,
    p2p_samples: p2p.length,
    audio_samples: audio.length,
    unreadable,
  }
}
