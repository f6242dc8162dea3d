import type {
  ClientMessage,
  DeviceId,
  IceServer,
  Resume,
  ServerEnvelope,
  ServerMessage,
  SessionResponse,
  Welcome,
} from '../api/generated/protocol'
import type { Admission } from '../api/session'
import { backoffDelay } from './backoff'
import { Connection, RequestError, type RequestFailure, type SocketLike } from './connection'

/** Why a seat is lost for good, until the person does something about it. */
export type Ending = 'taken-over' | 'revoked' | 'denied' | 'outdated'

/** What the signalling client tells its owner. */
export interface SignallingEvents {
  /** The seat is taken, for the first time or again. */
  onWelcome(welcome: Welcome): void
  /** Something changed. Each change is told once. */
  onMessage(message: ServerMessage): void
  /** Relays with fresh credentials, in place of those known so far. */
  onIceServers(servers: readonly IceServer[]): void
  /** The socket is gone; coming back is under way. */
  onLost(): void
  /** The end; nothing follows. */
  onEnd(ending: Ending): void
}

/** What the signalling client is made of. */
export interface SignallingOptions {
  /** Address of the WebSocket. */
  url: string
  device: DeviceId
  pass: SessionResponse
  /** Shows the link at the door again, when the token is no longer taken. */
  readmit: () => Promise<Admission>
  openSocket?: (url: string) => SocketLike
  random?: () => number
}

/** Renew this long before the token ends, but trust no foreign clock beyond these bounds. */
const RENEW_BEFORE_MS = 60_000
const RENEW_SOONEST_MS = 20_000
const RENEW_LATEST_MS = 240_000
/** A house that admits a link and refuses its token again and again will not change its mind. */
const MAX_READMISSIONS = 3

/**
 * Keeps one seat connected: hello, resume, heartbeat, token renewal, and coming back after
 * whatever happened, with growing pauses. It never takes back a seat that another device took.
 */
export class Signalling {
  readonly #options: SignallingOptions
  readonly #events: SignallingEvents
  #token: string
  #expiresAt: number
  #connection: Connection | null = null
  #online = false
  #ended = false
  #attempt = 0
  #readmissions = 0
  #stream: string | null = null
  #seq: number | null = null
  #retry: ReturnType<typeof setTimeout> | undefined
  #renewal: ReturnType<typeof setTimeout> | undefined

  constructor(options: SignallingOptions, events: SignallingEvents) {
    this.#options = options
    this.#events = events
    this.#token = options.pass.token
    this.#expiresAt = options.pass.expires_at
  }

  start(): void {
    this.#connect()
  }

  /** Leaves without a word to the owner. */
  stop(): void {
    this.#ended = true
    this.#drop()
  }

  /** The network or the page came back: no more waiting, and no trust in a socket that slept. */
  wake(): void {
    if (this.#ended) return
    if (this.#retry !== undefined) this.#connect()
    else this.#connection?.probe()
  }

  /** Sends a request; fails as offline while there is no seat. */
  request(message: ClientMessage): Promise<ServerMessage> {
    if (!this.#online || this.#connection === null) {
      return Promise.reject(new RequestError('offline'))
    }
    return this.#connection.request(message)
  }

  #connect(): void {
    clearTimeout(this.#retry)
    this.#retry = undefined
    const open = this.#options.openSocket ?? openWebSocket
    const connection = new Connection(open(this.#options.url), {
      onOpen: () => void this.#hello(connection),
      onMessage: (envelope) => this.#receive(envelope),
      onClose: () => this.#lost(connection),
    })
    this.#connection = connection
  }

  async #hello(connection: Connection): Promise<void> {
    const resume: Resume | undefined =
      this.#stream === null ? undefined : { stream: this.#stream, seq: this.#seq ?? 0 }
    const body = { token: this.#token, device: this.#options.device, ...(resume && { resume }) }
    try {
      await connection.request({ type: 'hello', body })
    } catch (error) {
      if (connection !== this.#connection) return
      await this.#refused(error instanceof RequestError ? error.code : 'internal')
    }
  }

  /** The door stays shut, for now or for ever. */
  async #refused(code: RequestFailure): Promise<void> {
    if (this.#ended) return
    if (code === 'taken_over') this.#end('taken-over')
    else if (code === 'unsupported_version') this.#end('outdated')
    else if (code === 'access_denied') await this.#readmit()
    else this.#connection?.close()
  }

  #receive(envelope: ServerEnvelope): void {
    if (this.#ended) return
    if (envelope.type === 'welcome') {
      this.#welcome(envelope, envelope.body)
      return
    }
    if (envelope.seq !== undefined) {
      if (this.#seq !== null && envelope.seq <= this.#seq) return
      if (this.#seq !== null && envelope.seq > this.#seq + 1) {
        // Something was missed: only a fresh snapshot is the truth now.
        this.#stream = null
        this.#connection?.close()
        return
      }
      this.#seq = envelope.seq
    }
    if (envelope.type === 'taken_over') this.#end('taken-over')
    else if (envelope.type === 'revoked') this.#end('revoked')
    else if (envelope.type !== 'error') this.#events.onMessage(envelope)
    // An error with an id is the answer to a request. One without comes before a farewell.
    else if (envelope.id === undefined && !this.#online) void this.#refused(envelope.body.code)
  }

  #welcome(envelope: ServerEnvelope, welcome: Welcome): void {
    this.#online = true
    this.#attempt = 0
    this.#readmissions = 0
    this.#stream = welcome.stream
    if (!welcome.resumed) this.#seq = envelope.seq ?? null
    this.#planRenewal(this.#expiresAt)
    this.#events.onWelcome(welcome)
  }

  /** The token is refused: it ran out while we were away, or the house forgot us. */
  async #readmit(): Promise<void> {
    this.#stream = null
    this.#seq = null
    this.#disconnect()
    if (++this.#readmissions > MAX_READMISSIONS) return this.#end('denied')
    const admission = await this.#options.readmit()
    if (this.#ended) return
    switch (admission.kind) {
      case 'admitted':
        this.#token = admission.pass.token
        this.#expiresAt = admission.pass.expires_at
        this.#events.onIceServers(admission.pass.ice_servers)
        this.#connect()
        break
      case 'refused':
        this.#end('denied')
        break
      case 'unreachable':
        this.#readmissions = 0
        this.#comeBackLater()
        break
    }
  }

  #lost(connection: Connection): void {
    if (connection !== this.#connection || this.#ended) return
    this.#disconnect()
    this.#comeBackLater()
  }

  #comeBackLater(): void {
    const delay = backoffDelay(this.#attempt++, this.#options.random)
    this.#retry = setTimeout(() => this.#connect(), delay)
  }

  /** Gives the socket up and says so, once. */
  #disconnect(): void {
    const wasOnline = this.#online
    this.#drop()
    if (wasOnline) this.#events.onLost()
  }

  #end(ending: Ending): void {
    this.#ended = true
    this.#drop()
    this.#events.onEnd(ending)
  }

  #drop(): void {
    this.#online = false
    clearTimeout(this.#retry)
    clearTimeout(this.#renewal)
    this.#retry = undefined
    const connection = this.#connection
    this.#connection = null
    connection?.close()
  }

  #planRenewal(expiresAt: number): void {
    clearTimeout(this.#renewal)
    const left = expiresAt / 1000 - Date.now() - RENEW_BEFORE_MS
    const delay = Math.min(Math.max(left, RENEW_SOONEST_MS), RENEW_LATEST_MS)
    this.#renewal = setTimeout(() => void this.#renew(), delay)
  }

  async #renew(): Promise<void> {
    try {
      const answer = await this.request({ type: 'renew' })
      if (answer.type !== 'token') return
      this.#token = answer.body.token
      this.#expiresAt = answer.body.expires_at
      this.#events.onIceServers(answer.body.ice_servers)
      this.#planRenewal(answer.body.expires_at)
    } catch {
      // A lost socket plans the renewal again when it is back; a refusal is tried again.
      if (this.#online) this.#planRenewal(0)
    }
  }
}

function openWebSocket(url: string): SocketLike {
  return new WebSocket(url) as SocketLike
}
