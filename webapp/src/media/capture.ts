import type { Kind } from '../api/generated/protocol'
import { Observable } from './observable'

/** Why there is no camera or microphone. */
export type Missing =
  /** The person or the system said no. */
  | 'denied'
  | 'not-found'
  /** Another program holds it. */
  | 'busy'
  /** It was there and was unplugged. */
  | 'lost'
  /** Browsers give devices to https pages only. */
  | 'insecure'

/** A camera or microphone, or why there is none. */
export type Device = { kind: 'on'; track: MediaStreamTrack } | { kind: 'off'; why: Missing }

/** What a page has of camera and microphone. */
export type CaptureState =
  | { phase: 'idle' }
  /** The browser's own question is on the screen. */
  | { phase: 'asking' }
  | { phase: 'ready'; audio: Device; video: Device }

/** A device that can be chosen. */
export interface DeviceChoice {
  id: string
  label: string
}

const CONSTRAINTS = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  video: {
    width: { ideal: 1280 },
    height: { ideal: 720 },
    frameRate: { ideal: 30 },
    facingMode: { ideal: 'user' },
  },
} satisfies MediaStreamConstraints

/** What makes a voice clear makes music ugly. */
const MUSIC: MediaTrackConstraints = {
  echoCancellation: false,
  noiseSuppression: false,
  autoGainControl: false,
  channelCount: { ideal: 2 },
}

/**
 * Camera and microphone of this page. They are asked for once, because some webviews ask the
 * person every time, and are switched off by `enabled` and by sending nothing.
 */
export class Capture {
  readonly state = new Observable<CaptureState>({ phase: 'idle' })
  readonly choices = new Observable<Record<Kind, DeviceChoice[]>>({ audio: [], video: [] })
  /** The microphone is for music rather than for a voice. */
  readonly music = new Observable(false)
  readonly #onDevices = () => void this.#listChoices()

  /** Asks for both; takes what is given. */
  async open(): Promise<void> {
    if (this.state.value.phase === 'asking') return
    this.#stopTracks()
    this.state.set({ phase: 'asking' })
    const { audio, video } = await acquireBoth({ ...CONSTRAINTS, audio: this.#sound })
    // Somebody who left while the browser asked wants no camera to light up.
    if (this.#phase() !== 'asking') return stop(audio, video)
    this.state.set({
      phase: 'ready',
      audio: this.#watch('audio', audio),
      video: this.#watch('video', video),
    })
    await this.#listChoices()
    navigator.mediaDevices?.addEventListener('devicechange', this.#onDevices)
  }

  /** Takes another device of one kind, and keeps the other kind as it is. */
  async choose(kind: Kind, id: string): Promise<void> {
    const before = this.state.value
    if (before.phase !== 'ready') return
    // Many systems give a camera to one owner at a time, even within one page.
    if (before[kind].kind === 'on') before[kind].track.stop()
    const wanted = kind === 'audio' ? this.#sound : CONSTRAINTS.video
    const constraints = { ...wanted, deviceId: { exact: id } }
    const device = await acquire(kind, { [kind]: constraints })
    if (this.#phase() !== 'ready') return stop(device)
    this.state.set({ ...before, [kind]: this.#watch(kind, device) })
    await this.#listChoices()
  }

  /** Takes the same microphone for music, or for a voice again. */
  async setMusic(music: boolean): Promise<void> {
    if (music === this.music.value) return
    this.music.set(music)
    const state = this.state.value
    if (state.phase !== 'ready' || state.audio.kind !== 'on') return
    const id = state.audio.track.getSettings().deviceId
    if (id !== undefined) await this.choose('audio', id)
  }

  get #sound(): MediaTrackConstraints {
    return this.music.value ? MUSIC : CONSTRAINTS.audio
  }

  close(): void {
    navigator.mediaDevices?.removeEventListener('devicechange', this.#onDevices)
    this.#stopTracks()
    this.state.set({ phase: 'idle' })
  }

  /** Asked anew after waiting: the compiler takes what it knew before for still true. */
  #phase(): CaptureState['phase'] {
    return this.state.value.phase
  }

  #stopTracks(): void {
    const state = this.state.value
    if (state.phase === 'ready') stop(state.audio, state.video)
  }

  #watch(kind: Kind, device: Device): Device {
    if (device.kind === 'on') {
      device.track.addEventListener('ended', () => {
        const state = this.state.value
        if (state.phase !== 'ready' || state[kind] !== device) return
        this.state.set({ ...state, [kind]: { kind: 'off', why: 'lost' } })
      })
    }
    return device
  }

  async #listChoices(): Promise<void> {
    const devices = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? []
    const of = (kind: MediaDeviceKind) =>
      devices
        .filter((device) => device.kind === kind && device.deviceId !== '')
        .map(({ deviceId, label }) => ({ id: deviceId, label }))
    this.choices.set({ audio: of('audioinput'), video: of('videoinput') })
  }
}

function stop(...devices: Device[]): void {
  for (const device of devices) if (device.kind === 'on') device.track.stop()
}

async function acquireBoth(
  wanted: MediaStreamConstraints,
): Promise<{ audio: Device; video: Device }> {
  const substitute = window.__rampa_media
  if (substitute) return split(await substitute())
  try {
    return split(await mediaDevices().getUserMedia(wanted))
  } catch {
    // One missing device fails both; what is left is asked for alone, one question at a time.
    const audio = await acquire('audio', { audio: wanted.audio ?? true })
    const video = await acquire('video', { video: wanted.video ?? true })
    return { audio, video }
  }
}

async function acquire(kind: Kind, constraints: MediaStreamConstraints): Promise<Device> {
  try {
    return split(await mediaDevices().getUserMedia(constraints))[kind]
  } catch (error) {
    return { kind: 'off', why: reasonOf(error) }
  }
}

function split(stream: MediaStream): { audio: Device; video: Device } {
  const device = (track: MediaStreamTrack | undefined): Device =>
    track ? { kind: 'on', track } : { kind: 'off', why: 'not-found' }
  return { audio: device(stream.getAudioTracks()[0]), video: device(stream.getVideoTracks()[0]) }
}

function mediaDevices(): MediaDevices {
  // Typed as always there, and absent on plain http.
  const devices = navigator.mediaDevices as MediaDevices | undefined
  if (devices === undefined) throw new DOMException('insecure', 'SecurityError')
  return devices
}

/** What the names of `getUserMedia`'s errors mean for a person. */
export function reasonOf(error: unknown): Missing {
  switch (error instanceof Error || error instanceof DOMException ? error.name : '') {
    case 'NotAllowedError':
      return 'denied'
    case 'SecurityError':
    case 'TypeError':
      return 'insecure'
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'not-found'
    default:
      return 'busy'
  }
}
