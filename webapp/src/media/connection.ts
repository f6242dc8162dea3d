import {
  type ClientEnvelope,
  type ClientMessage,
  type ErrorCode,
  PING_INTERVAL_MS,
  type ServerEnvelope,
  type ServerMessage,
  SILENCE_LIMIT_MS,
  VERSION,
} from '../api/generated/protocol'

/** The part of `WebSocket` that is used, so that tests can play the other end. */
export interface SocketLike {
  send(data: string): void
  close(): void
  onopen: (() => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: (() => void) | null
}

/** Why a request was not carried out: the server's code, or what happened on the way. */
export type RequestFailure = ErrorCode | 'timeout' | 'offline'

/** A request that was not carried out. */
export class RequestError extends Error {
  readonly code: RequestFailure

  constructor(code: RequestFailure, text: string = code) {
    super(text)
    this.name = 'RequestError'
    this.code = code
  }
}

/** What a connection tells its owner. After `onClose` it says nothing more. */
export interface ConnectionEvents {
  onOpen(): void
  onMessage(envelope: ServerEnvelope): void
  onClose(): void
}

interface Pending {
  resolve(message: ServerMessage): void
  reject(error: RequestError): void
  timer: ReturnType<typeof setTimeout>
}

const REQUEST_TIMEOUT_MS = 10_000
const OPEN_TIMEOUT_MS = 10_000
const PROBE_TIMEOUT_MS = 3_000

/** One WebSocket: envelopes, requests with time-outs, and the heartbeat that finds it dead. */
export class Connection {
  readonly #socket: SocketLike
  readonly #events: ConnectionEvents
  readonly #pending = new Map<number, Pending>()
  #nextId = 1
  #closed = false
  #lastHeard = Date.now()
  #lastSaid = 0
  #heartbeat: ReturnType<typeof setInterval> | undefined
  #watchdog: ReturnType<typeof setTimeout> | undefined

  constructor(socket: SocketLike, events: ConnectionEvents) {
    this.#socket = socket
    this.#events = events
    this.#watch(OPEN_TIMEOUT_MS)
    socket.onopen = () => {
      clearTimeout(this.#watchdog)
      this.#heard()
      this.#heartbeat = setInterval(() => this.#beat(), PING_INTERVAL_MS)
      events.onOpen()
    }
    socket.onmessage = ({ data }) => this.#receive(data)
    socket.onclose = () => this.close()
  }

  /** Sends a request; settles with the one message that answers it. */
  request(message: ClientMessage, timeout = REQUEST_TIMEOUT_MS): Promise<ServerMessage> {
    if (this.#closed) return Promise.reject(new RequestError('offline'))
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id)
        reject(new RequestError('timeout'))
      }, timeout)
      this.#pending.set(id, { resolve, reject, timer })
      this.#send({ v: VERSION, id, ...message })
    })
  }

  /** Asks whether the other end is still there, and gives up on it soon if nothing comes. */
  probe(): void {
    if (this.#closed) return
    this.#send({ v: VERSION, type: 'ping' })
    this.#watch(PROBE_TIMEOUT_MS)
  }

  /** Closes; every open request fails as offline. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#watchdog)
    clearInterval(this.#heartbeat)
    this.#socket.onopen = null
    this.#socket.onmessage = null
    this.#socket.onclose = null
    this.#socket.close()
    for (const pending of this.#pending.values()) {
      clearTimeout(pending.timer)
      pending.reject(new RequestError('offline'))
    }
    this.#pending.clear()
    this.#events.onClose()
  }

  #send(envelope: ClientEnvelope): void {
    this.#lastSaid = Date.now()
    this.#socket.send(JSON.stringify(envelope))
  }

  #receive(data: unknown): void {
    const envelope = parse(data)
    if (envelope === null) return
    this.#heard()
    // The owner learns first what changed, so that whoever awaits the answer finds it done.
    this.#events.onMessage(envelope)
    const pending = envelope.id === undefined ? undefined : this.#pending.get(envelope.id)
    if (envelope.id === undefined || pending === undefined) return
    this.#pending.delete(envelope.id)
    clearTimeout(pending.timer)
    if (envelope.type === 'error') {
      pending.reject(new RequestError(envelope.body.code, envelope.body.text))
    } else {
      pending.resolve(envelope)
    }
  }

  #heard(): void {
    this.#lastHeard = Date.now()
    clearTimeout(this.#watchdog)
  }

  #beat(): void {
    const now = Date.now()
    if (now - this.#lastHeard >= SILENCE_LIMIT_MS) this.close()
    else if (now - this.#lastSaid >= PING_INTERVAL_MS) this.#send({ v: VERSION, type: 'ping' })
  }

  #watch(limit: number): void {
    clearTimeout(this.#watchdog)
    this.#watchdog = setTimeout(() => this.close(), limit)
  }
}

/** A message that is not of this protocol is no message. */
function parse(data: unknown): ServerEnvelope | null {
  if (typeof data !== 'string') return null
  try {
    const value = JSON.parse(data) as Partial<ServerEnvelope> | null
    return value?.v === VERSION && typeof value.type === 'string' ? (value as ServerEnvelope) : null
  } catch {
    return null
  }
}
