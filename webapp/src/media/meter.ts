/** Below this a microphone hears only the room, in decibels of full scale. */
const FLOOR_DB = -60

/**
 * Measures how loud `track` is, from 0 to 1, about 20 times a second, until told to stop.
 * Needs a gesture on the page before or during it.
 */
export function watchLevel(track: MediaStreamTrack, onLevel: (level: number) => void): () => void {
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  analyser.fftSize = 1024
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  const wake = () => void context.resume().catch(() => undefined)
  wake()
  window.addEventListener('pointerdown', wake)
  window.addEventListener('keydown', wake)
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples)
    onLevel(levelOf(samples))
  }, 50)
  return () => {
    clearInterval(timer)
    window.removeEventListener('pointerdown', wake)
    window.removeEventListener('keydown', wake)
    void context.close().catch(() => undefined)
  }
}

/** Loudness on a scale that follows the ear: 0 at the floor, 1 at full scale. */
export function levelOf(samples: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < samples.length; i++) sum += (samples[i] ?? 0) ** 2
  if (sum === 0) return 0
  const decibels = 10 * Math.log10(sum / samples.length)
  return Math.min(Math.max(1 - decibels / FLOOR_DB, 0), 1)
}
