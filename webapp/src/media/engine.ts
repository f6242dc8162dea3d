import {
  type ClientMessage,
  type IceRestart,
  type IceServer,
  type Kind,
  type MediaAnswer,
  type MediaSessionId,
  PAIRS,
  type PersonId,
  type ServerMessage,
  type SessionResponse,
  VOICES,
  type Welcome,
} from '../api/generated/protocol'
import type { Admission } from '../api/session'
import { Capture } from './capture'
import { RequestError } from './connection'
import { watchFrames } from './frames'
import { watchNetwork } from './network'
import { Performer } from './performer'
import { Playback } from './playback'
import type { IceCredentials } from './restart'
import { Room } from './room'
import { type Ending, Signalling } from './signalling'
import { SlotSizes } from './slot-sizes'
import { Sound } from './sound'

/** What a session gives the media layer. */
export interface EngineOptions {
  pass: SessionResponse
  device: string
  readmit: () => Promise<Admission>
  onWelcome(welcome: Welcome): void
  onMessage(message: ServerMessage): void
  onLost(): void
  onEnd(ending: Ending): void
}

/**
 * The media layer of one seat: signalling, the room, the sound, and for those who play the
 * devices. Pages get everything that touches the network from here.
 */
export class Engine {
  readonly sound = new Sound(PAIRS + VOICES)
  readonly capture = new Capture()
  readonly performer: Performer
  readonly #signalling: Signalling
  // A hint: when it is lost, the next change says it anew.
  readonly #sizes = new SlotSizes((slots) => {
    this.#signalling.request({ type: 'show_slots', body: { slots } }).catch(() => undefined)
  })
  readonly #playback = new Playback(
    () => this.#room?.connection ?? null,
    (frozen_percent) => {
      const report: ClientMessage = { type: 'report_playback', body: { frozen_percent } }
      this.#signalling.request(report).catch(() => undefined)
    },
  )
  readonly #options: EngineOptions
  #room: Room | null = null
  #self: PersonId | null = null
  #wantsMedia = false
  readonly #unwatchNetwork: () => void
  #iceServers: readonly IceServer[]

  constructor(options: EngineOptions) {
    this.#options = options
    this.#iceServers = options.pass.ice_servers
    this.performer = new Performer({
      capture: this.capture,
      command: (message) => this.command(message),
      publish: (own) => this.#room?.publish(own),
    })
    this.#signalling = new Signalling(
      {
        url: webSocketUrl(location),
        device: options.device,
        pass: options.pass,
        readmit: options.readmit,
      },
      {
        onWelcome: (welcome) => this.#welcome(welcome),
        onMessage: (message) => this.#message(message),
        onIceServers: (servers) => {
          this.#iceServers = servers
          this.#room?.setIceServers(servers)
        },
        onLost: () => {
          this.performer.onLost()
          options.onLost()
        },
        onEnd: (ending) => {
          this.dispose()
          options.onEnd(ending)
        },
      },
    )
    this.#unwatchNetwork = watchNetwork(() => {
      this.#signalling.wake()
      this.#room?.onNetwork()
    })
    document.addEventListener('visibilitychange', this.#wake)
    this.#signalling.start()
  }

  /** The room, once the seat is taken. */
  get room(): Room | null {
    return this.#room
  }

  /** Begins to see and hear. Call it in a gesture if there is one, for the sake of the sound. */
  enter(): void {
    this.#wantsMedia = true
    this.#room?.enter()
  }

  /** Sees and hears no more, but stays in the house. */
  leave(): void {
    this.#wantsMedia = false
    this.#room?.leave()
    // Without a seat there is nothing to hang up.
    this.#signalling.request({ type: 'hangup' }).catch(() => undefined)
  }

  /** Asks the house to do something; rejects with a {@link RequestError}. */
  async command(message: ClientMessage): Promise<void> {
    await this.#signalling.request(message)
  }

  /** Whether the microphone is for music: in stereo, and as it sounds. */
  setMusic(music: boolean): void {
    void this.capture.setMusic(music)
    this.#room?.setMusic(music)
  }

  setMute(person: PersonId, kind: Kind, muted: boolean): Promise<void> {
    return this.command({ type: 'set_mute', body: { person, kind, muted } })
  }

  /** Puts a slot's picture on `element`, until told to stop. */
  showSlot(slot: number, element: HTMLVideoElement): () => void {
    const board = this.#room?.board
    if (board === undefined) return () => undefined
    let stop = () => undefined as unknown
    const apply = () => {
      const media = board.slots.value.find((other) => other.slot === slot)
      const stream = media?.video ?? null
      if (element.srcObject === stream) return
      stop()
      element.srcObject = stream
      stop =
        stream === null
          ? () => undefined
          : watchFrames(element, media?.receiver ?? null, (frame) => board.onFrame(slot, frame))
      // Muted pictures may always play; a rejection means that the stream changed meanwhile.
      if (stream !== null) element.play().catch(() => undefined)
    }
    apply()
    const unsubscribe = board.slots.subscribe(apply)
    const unobserve = this.#sizes.observe(slot, element)
    return () => {
      unobserve()
      unsubscribe()
      stop()
      element.srcObject = null
    }
  }

  /** Ends everything; the seat itself is kept by the house for a while. */
  dispose(): void {
    this.#unwatchNetwork()
    document.removeEventListener('visibilitychange', this.#wake)
    this.#signalling.stop()
    this.#room?.leave()
    this.capture.close()
    this.sound.dispose()
    this.#sizes.dispose()
    this.#playback.dispose()
  }

  readonly #wake = () => {
    if (document.visibilityState === 'visible') this.#signalling.wake()
  }

  #welcome(welcome: Welcome): void {
    const { snapshot, media_session } = welcome
    if (snapshot !== null) {
      this.#self = snapshot.me.id
      this.#room ??= this.#createRoom(snapshot.me.id)
      this.#room.setViews(snapshot.slots)
    }
    // Pages learn of their seat before media starts: they are what the media is shown on.
    this.#options.onWelcome(welcome)
    if (snapshot !== null) this.performer.onSnapshot(snapshot.me.place)
    this.#room?.onWelcome(media_session)
    if (this.#wantsMedia) this.#room?.enter()
  }

  #createRoom(self: PersonId): Room {
    const { pass } = this.#options
    const room = new Room({
      self,
      plan: {
        pairs: PAIRS,
        voices: VOICES,
        publishes: pass.role === 'actor',
        video: pass.video,
      },
      iceServers: this.#iceServers,
      offer: (sdp) => this.#offer(sdp),
      restart: (session, ice) => this.#restart(session, ice),
    })
    room.setMusic(this.capture.music.value)
    room.board.slots.subscribe((slots) => {
      this.sound.setSlots(slots)
      this.#sizes.setSlots(slots)
    })
    return room
  }

  async #offer(sdp: string): Promise<MediaAnswer> {
    const answer = await this.#signalling.request({ type: 'offer', body: { sdp } })
    if (answer.type !== 'answer') throw new RequestError('bad_request')
    this.#sizes.repeat()
    return answer.body
  }

  async #restart(media_session: MediaSessionId, ice: IceCredentials): Promise<IceRestart> {
    const body = { media_session, ...ice }
    const answer = await this.#signalling.request({ type: 'restart_ice', body })
    if (answer.type !== 'ice_restarted') throw new RequestError('bad_request')
    return answer.body
  }

  #message(message: ServerMessage): void {
    if (message.type === 'slots') this.#room?.setViews(message.body.slots)
    if (message.type === 'layers') {
      this.#room?.onLayers(message.body.media_session, message.body.wanted)
    }
    if (message.type === 'media_closed') this.#room?.onClosed(message.body.media_session)
    if (message.type === 'person' && message.body.id === this.#self) {
      this.performer.onPlace(message.body.place)
    }
    this.#options.onMessage(message)
  }
}

function webSocketUrl({ protocol, host }: Location): string {
  return `${protocol === 'https:' ? 'wss:' : 'ws:'}//${host}/api/ws`
}
