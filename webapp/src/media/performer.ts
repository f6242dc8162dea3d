import type { ClientMessage, Kind, Place } from '../api/generated/protocol'
import type { Capture } from './capture'
import { Observable } from './observable'
import type { OwnTracks } from './room'

/** What a performer is made of. */
export interface PerformerOptions {
  capture: Capture
  command: (message: ClientMessage) => Promise<void>
  publish: (own: OwnTracks) => void
}

/** What the actor has switched off. */
export interface SelfMute {
  audio: boolean
  video: boolean
}

/** A house that restarts is back sooner; an actor who was away for longer comes on by choice. */
const RETURN_WITHIN_MS = 120_000

/**
 * An actor's own side: whether they stand on stage, and what of them is sent. Nothing leaves the
 * browser before the actor goes on stage, and nothing after they left it.
 */
export class Performer {
  readonly selfMute = new Observable<SelfMute>({ audio: false, video: false })
  readonly #options: PerformerOptions
  #onStage = false
  #wantsStage = false
  #lostAt: number | null = null

  constructor(options: PerformerOptions) {
    this.#options = options
    options.capture.state.subscribe(() => this.#apply())
  }

  async takeStage(): Promise<void> {
    this.#wantsStage = true
    try {
      await this.#options.command({ type: 'take_stage' })
    } catch (error) {
      this.#wantsStage = false
      throw error
    }
  }

  async leaveStage(): Promise<void> {
    this.#wantsStage = false
    await this.#options.command({ type: 'leave_stage' })
  }

  /** The connection is gone. What is sent goes on, for the house may still be there. */
  onLost(): void {
    this.#lostAt = Date.now()
  }

  /** The house told everything anew, perhaps because it was restarted in mid-play. */
  onSnapshot(place: Place): void {
    const away = this.#lostAt === null ? 0 : Date.now() - this.#lostAt
    this.#lostAt = null
    if (away > RETURN_WITHIN_MS) this.#wantsStage = false
    const forgotten = this.#wantsStage && place === 'green-room'
    this.#setOnStage(place === 'on-stage')
    // The actor is told by what they see if the house does not want them back.
    if (forgotten) this.takeStage().catch(() => undefined)
  }

  /** The house moved us, at our own wish or not. */
  onPlace(place: Place): void {
    this.#setOnStage(place === 'on-stage')
    this.#wantsStage = place === 'on-stage'
  }

  toggle(kind: Kind): void {
    const mute = this.selfMute.value
    this.selfMute.set({ ...mute, [kind]: !mute[kind] })
    this.#apply()
  }

  #setOnStage(onStage: boolean): void {
    this.#onStage = onStage
    this.#wantsStage ||= onStage
    this.#apply()
  }

  #apply(): void {
    const state = this.#options.capture.state.value
    const mute = this.selfMute.value
    const own: OwnTracks = { audio: null, video: null }
    if (state.phase === 'ready') {
      const { audio, video } = state
      if (audio.kind === 'on') {
        audio.track.enabled = !mute.audio
        own.audio = audio.track
      }
      if (video.kind === 'on') {
        video.track.enabled = !mute.video
        // A disabled camera would send black frames; sending none shows the name card instead.
        own.video = mute.video ? null : video.track
      }
    }
    this.#options.publish(this.#onStage ? own : { audio: null, video: null })
  }
}
