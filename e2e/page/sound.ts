/** The bundle of `worklet.ts`, put here when this is bundled. */
declare const __WORKLET_SOURCE: string

let context: Promise<AudioContext> | undefined

function studio(): Promise<AudioContext> {
  context ??= (async () => {
    const made = new AudioContext({ latencyHint: 'interactive', sampleRate: 48_000 })
    const source = new Blob([__WORKLET_SOURCE], { type: 'text/javascript' })
    await made.audioWorklet.addModule(URL.createObjectURL(source))
    return made
  })()
  return context
}

/** A mouth: a track that sounds, and the times at which bursts began, in ms of the machine. */
export interface Mouth {
  track: MediaStreamTrack
  times: number[]
  /** One burst now. */
  say(): void
}

/** Opens a mouth that speaks by itself (`periodic`) or when told. */
export async function openMouth(periodic: boolean): Promise<Mouth> {
  const audio = await studio()
  const node = new AudioWorkletNode(audio, 'mouth', { numberOfInputs: 0, outputChannelCount: [1] })
  const out = audio.createMediaStreamDestination()
  node.connect(out)
  const times: number[] = []
  node.port.onmessage = ({ data }) => times.push(data as number)
  const [track] = out.stream.getAudioTracks()
  if (track === undefined) throw new Error('no track of the mouth')
  if (periodic) node.port.postMessage('periodic')
  return { track, times, say: () => node.port.postMessage('once') }
}

/** Listens to a stream that an element plays; answers with the list of onsets, which grows. */
export async function openEar(stream: MediaStream): Promise<number[]> {
  const audio = await studio()
  const node = new AudioWorkletNode(audio, 'ear', { numberOfOutputs: 1 })
  const times: number[] = []
  node.port.onmessage = ({ data }) => times.push(data as number)
  audio.createMediaStreamSource(stream).connect(node)
  // A node that leads nowhere is not asked for sound; this one leads to silence.
  node.connect(audio.destination)
  return times
}

const ears = new Map<string, number[]>()

/** Opens an ear under a name. */
export async function hear(name: string, stream: MediaStream): Promise<void> {
  ears.set(name, await openEar(stream))
}

/** When bursts were heard under a name. */
export function heard(name: string): number[] {
  return ears.get(name) ?? []
}
