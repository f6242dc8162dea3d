const SECONDS = 2.2
const CLAPS = 130

/**
 * Plays a hall's applause that grows and ebbs, made of short bursts of noise. Resolves when it is
 * over. Needs a gesture.
 */
export async function playApplause(random: () => number = Math.random): Promise<void> {
  const context = new AudioContext()
  try {
    await context.resume()
    const source = context.createBufferSource()
    source.buffer = applause(context, random)
    const room = context.createBiquadFilter()
    room.type = 'lowpass'
    room.frequency.value = 6000
    source.connect(room).connect(context.destination)
    const ended = new Promise<void>((resolve) => {
      source.onended = () => resolve()
    })
    source.start()
    await ended
  } finally {
    await context.close()
  }
}

function applause(context: BaseAudioContext, random: () => number): AudioBuffer {
  const { sampleRate } = context
  const buffer = context.createBuffer(2, SECONDS * sampleRate, sampleRate)
  for (let clap = 0; clap < CLAPS; clap++) {
    // The sum of two draws crowds the middle, where the applause is densest.
    const at = ((random() + random()) / 2) * (SECONDS - 0.1)
    addClap(buffer, Math.floor(at * sampleRate), random)
  }
  return buffer
}

/** One pair of hands: a crack that dies away within 20 ms, somewhere between left and right. */
function addClap(buffer: AudioBuffer, start: number, random: () => number): void {
  const side = random()
  const loudness = 0.15 + 0.3 * random()
  const decay = buffer.sampleRate * (0.004 + 0.006 * random())
  const left = buffer.getChannelData(0)
  const right = buffer.getChannelData(1)
  for (let i = 0; i < decay * 5; i++) {
    const sample = (random() * 2 - 1) * loudness * Math.exp(-i / decay)
    left[start + i] = (left[start + i] ?? 0) + sample * (1 - side * 0.7)
    right[start + i] = (right[start + i] ?? 0) + sample * (0.3 + side * 0.7)
  }
}
