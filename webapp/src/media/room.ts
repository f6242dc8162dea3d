import type {
  IceRestart,
  IceServer,
  MediaAnswer,
  MediaSessionId,
  PersonId,
  SlotView,
} from '../api/generated/protocol'
import { backoffDelay } from './backoff'
import { Observable } from './observable'
import { buildOffer, type OfferPlan, type Outgoing } from './offer'
import { credentials, type IceCredentials, restarted } from './restart'
import { Route } from './route'
import { SlotBoard, type SlotMedia } from './slot-board'
import { withStereo } from './stereo'

/** How the PeerConnection fares. */
export type RoomLink =
  /** None is wanted. */
  | 'off'
  | 'connecting'
  | 'connected'
  /** Several tries failed; more are under way. */
  | 'failing'

/** What a page sends. Null: nothing of that kind. */
export interface OwnTracks {
  audio: MediaStreamTrack | null
  video: MediaStreamTrack | null
}

/** What a room session is made of. */
export interface RoomOptions {
  self: PersonId
  plan: Omit<OfferPlan, 'music'>
  iceServers: readonly IceServer[]
  /** Carries an offer to the house and its answer back. */
  offer: (sdp: string) => Promise<MediaAnswer>
  /** Asks the house for a new transport of a media session, with these credentials of ours. */
  restart: (session: MediaSessionId, ice: IceCredentials) => Promise<IceRestart>
  createConnection?: (configuration: RTCConfiguration) => RTCPeerConnection
  random?: () => number
}

/** From the answer to connected; includes a handshake on a busy machine. */
const CONNECT_TIMEOUT_MS = 20_000
/** A connection that is cut gets so long to find another way, before a new one is made. */
const RECOVERY_MS = 5_000
const FAILING_AFTER = 2

/**
 * One PeerConnection at a time, kept alive. The page offers, the house answers; when the network
 * changes, ICE is restarted and everything goes on; whatever else breaks, a new PeerConnection
 * takes the place of the old one, which is closed first.
 */
export class Room {
  readonly link = new Observable<RoomLink>('off')
  readonly route = new Route()
  readonly board: SlotBoard
  readonly #options: RoomOptions
  #iceServers: readonly IceServer[]
  #wanted = false
  #music = false
  #pc: RTCPeerConnection | null = null
  #session: MediaSessionId | null = null
  /** The house's answer, once it is applied. */
  #answer: string | null = null
  #restarting = false
  #outgoing: Outgoing | null = null
  #own: OwnTracks = { audio: null, video: null }
  #attempt = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: RoomOptions) {
    this.#options = options
    this.#iceServers = options.iceServers
    this.board = new SlotBoard(options.self)
  }

  /** The PeerConnection of the moment, for measuring. */
  get connection(): RTCPeerConnection | null {
    return this.#pc
  }

  /** Wants media from now on. */
  enter(): void {
    if (this.#wanted) return
    this.#wanted = true
    this.#attempt = 0
    void this.#connect()
  }

  /** Wants no media any more. The house is told by whoever calls. */
  leave(): void {
    this.#wanted = false
    this.#close()
    this.link.set('off')
  }

  /** Replaces what is sent. Nothing is negotiated; the house sees a keyframe or silence. */
  publish(own: OwnTracks): void {
    this.#own = own
    this.#applyOwn()
  }

  /** What is sent from now on is music, or a voice again: that takes another offer. */
  setMusic(music: boolean): void {
    if (music === this.#music) return
    this.#music = music
    if (!this.#wanted) return
    this.#attempt = 0
    void this.#connect()
  }

  /** Somebody watches these layers of the own picture; the others need not be sent. */
  onLayers(session: MediaSessionId, wanted: readonly string[]): void {
    if (session === this.#session) this.#outgoing?.layers.want(wanted)
  }

  /** Fresh credentials for the relays: for the next connection, and for the next way of this one. */
  setIceServers(servers: readonly IceServer[]): void {
    this.#iceServers = servers
    const pc = this.#pc
    try {
      pc?.setConfiguration({ ...pc.getConfiguration(), iceServers: [...servers] })
    } catch {
      // A browser that cannot do it has the old ones until its next connection.
    }
  }

  setViews(views: readonly SlotView[]): void {
    this.board.setViews(views)
  }

  /** Signalling is back; `alive` is the media session that outlived its absence, if any. */
  onWelcome(alive: MediaSessionId | null): void {
    if (!this.#wanted) return
    if (this.#session !== null && this.#session === alive) {
      if (this.#pc?.connectionState !== 'connected') void this.#restart()
      return
    }
    this.#attempt = 0
    void this.#connect()
  }

  /** The device has another network than before: what went over the old one looks for its way. */
  onNetwork(): void {
    void this.#restart()
  }

  /** The house let go of a media session. News of an earlier one means nothing. */
  onClosed(session: MediaSessionId): void {
    if (this.#wanted && session === this.#session) this.#retry()
  }

  async #connect(): Promise<void> {
    this.#close()
    if (this.link.value !== 'failing') this.link.set('connecting')
    const create = this.#options.createConnection ?? ((c) => new RTCPeerConnection(c))
    const pc = create({ bundlePolicy: 'max-bundle', iceServers: [...this.#iceServers] })
    this.#pc = pc
    pc.onconnectionstatechange = () => this.#onState(pc)
    this.route.watch(pc)
    this.#timer = setTimeout(() => this.#retry(), CONNECT_TIMEOUT_MS)
    try {
      this.#outgoing = buildOffer(pc, { ...this.#options.plan, music: this.#music })
      this.#applyOwn()
      await describe(pc, this.#music)
      // Candidates are not waited for: the house is ICE-lite and learns ours from their checks.
      const answer = await this.#options.offer(pc.localDescription?.sdp ?? '')
      if (pc !== this.#pc) return
      this.#session = answer.media_session
      await pc.setRemoteDescription({ type: 'answer', sdp: answer.sdp })
      if (pc !== this.#pc) return
      this.#answer = answer.sdp
      this.board.setMedia(mapSlots(pc, answer))
    } catch {
      if (pc === this.#pc) this.#retry()
    }
  }

  #onState(pc: RTCPeerConnection): void {
    if (pc !== this.#pc) return
    switch (pc.connectionState) {
      case 'connected':
        clearTimeout(this.#timer)
        this.#attempt = 0
        this.link.set('connected')
        this.route.look()
        break
      case 'disconnected':
        this.#giveTime()
        void this.#restart()
        break
      case 'failed':
      case 'closed':
        this.#retry()
        break
    }
  }

  #giveTime(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#retry(), RECOVERY_MS)
  }

  /** Another way for the connection that is there. What it shows goes on as long as it can. */
  async #restart(): Promise<void> {
    const [pc, session, answer] = [this.#pc, this.#session, this.#answer]
    if (pc === null || session === null || answer === null || this.#restarting) return
    this.#restarting = true
    try {
      await pc.setLocalDescription(await pc.createOffer({ iceRestart: true }))
      const ice = credentials(pc.localDescription?.sdp ?? '')
      const restart = await this.#options.restart(session, ice)
      if (pc !== this.#pc) return
      await pc.setRemoteDescription({ type: 'answer', sdp: restarted(answer, restart) })
      if (pc === this.#pc && pc.connectionState === 'disconnected') this.#giveTime()
    } catch {
      // The house was out of reach, and is asked again when it is back; or time runs out.
      if (pc === this.#pc) await pc.setLocalDescription({ type: 'rollback' }).catch(() => undefined)
    } finally {
      if (pc === this.#pc) this.#restarting = false
    }
  }

  #retry(): void {
    this.#close()
    if (!this.#wanted) return
    this.link.set(this.#attempt + 1 >= FAILING_AFTER ? 'failing' : 'connecting')
    // The first retry follows at once: a connection that worked until now deserves it.
    const delay = this.#attempt === 0 ? 0 : backoffDelay(this.#attempt, this.#options.random)
    this.#attempt++
    this.#timer = setTimeout(() => void this.#connect(), delay)
  }

  #close(): void {
    clearTimeout(this.#timer)
    const pc = this.#pc
    this.#pc = null
    this.#session = null
    this.#answer = null
    this.#restarting = false
    this.#outgoing = null
    this.route.stop()
    if (pc === null) return
    pc.onconnectionstatechange = null
    pc.close()
    this.board.setMedia([])
  }

  #applyOwn(): void {
    const { audio, video } = this.#own
    // A sender refuses a track only while its connection is closing, and then it does not matter.
    const ignore = () => undefined
    if (video !== null) this.#outgoing?.layers.fit(video)
    this.#outgoing?.audio.replaceTrack(audio).catch(ignore)
    this.#outgoing?.video.replaceTrack(video).catch(ignore)
  }
}

/** Offers stereo where it is wanted; as the browser would, where it does not take that. */
async function describe(pc: RTCPeerConnection, music: boolean): Promise<void> {
  const { sdp = '' } = await pc.createOffer()
  try {
    await pc.setLocalDescription({ type: 'offer', sdp: withStereo(sdp, music) })
  } catch {
    await pc.setLocalDescription({ type: 'offer', sdp })
  }
}

/** Finds what arrives for each slot by the section names that the answer gave. */
function mapSlots(pc: RTCPeerConnection, answer: MediaAnswer): SlotMedia[] {
  const receivers = new Map(pc.getTransceivers().map(({ mid, receiver }) => [mid, receiver]))
  return answer.slots.map(({ slot, audio, video }) => {
    const voice = audio === null ? null : (receivers.get(audio) ?? null)
    const picture = video === null ? null : (receivers.get(video) ?? null)
    return {
      slot,
      audio: voice && new MediaStream([voice.track]),
      video: picture && new MediaStream([picture.track]),
      receiver: picture,
    }
  })
}
