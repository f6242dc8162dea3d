import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { type Fates, Link, type Weather } from './link.ts'
import { Schedule } from './schedule.ts'

/** Where somebody listens. */
export interface Address {
  host: string
  port: number
}

/** The weather both ways, seen from those who come in by the front. */
export interface Climate {
  up: Weather
  down: Weather
}

/** What a tunnel is made of. */
export interface TunnelOptions extends Climate {
  /** The address that people are told; its port is chosen by the system. */
  host: string
  /** Where their packets go. */
  target: Address
  /** Decides what happens to which packet. */
  seed: number
}

/** The most senders that a tunnel tells apart; packets of others are dropped. */
const MAX_GUESTS = 64
/** The most packets on their way; more are dropped. */
const MAX_UNDERWAY = 20_000
const BUFFER_BYTES = 4 << 20

/** Somebody who came by the front: their links, and the socket by which the target knows them. */
interface Guest {
  back: Socket
  up: Link
  down: Link
}

type Send = () => void

/**
 * A UDP way with weather on it. Whoever sends to its front reaches the target from a port of
 * their own, and the target's answers come back the same way; each of them has links of their
 * own, as people at home do.
 */
export class Tunnel {
  /** How late packets left, beyond what the weather said, in ms. */
  readonly lateness: number[] = []
  readonly #front: Socket
  readonly #options: TunnelOptions
  readonly #guests = new Map<string, Guest>()
  readonly #underway = new Schedule<Send>()
  #climate: Climate
  #timer: NodeJS.Timeout | undefined
  #wakesAt = Number.POSITIVE_INFINITY
  #closed = false

  private constructor(front: Socket, options: TunnelOptions) {
    this.#front = front
    this.#options = options
    this.#climate = options
    front.on('message', (packet, { address, port }) => this.#arrive(packet, address, port))
    // What cannot be sent is lost, as on any network.
    front.on('error', () => undefined)
  }

  static async open(options: TunnelOptions): Promise<Tunnel> {
    return new Tunnel(await bound(options.host), options)
  }

  /** Where the front is. */
  get address(): Address {
    return { host: this.#options.host, port: this.#front.address().port }
  }

  /** What became of the packets, of everybody together. */
  get fates(): { up: Fates; down: Fates } {
    const guests = [...this.#guests.values()]
    return { up: total(guests.map(({ up }) => up)), down: total(guests.map(({ down }) => down)) }
  }

  /** Changes the weather for packets that are sent from now on. */
  change(climate: Partial<Climate>): void {
    this.#climate = { ...this.#climate, ...climate }
    for (const { up, down } of this.#guests.values()) {
      up.weather = this.#climate.up
      down.weather = this.#climate.down
    }
  }

  /** Ends; what is on its way is lost. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#front.close()
    for (const { back } of this.#guests.values()) back.close()
  }

  #arrive(packet: Buffer, host: string, port: number): void {
    const guest = this.#guestAt(host, port)
    if (guest === null) return
    const { host: target, port: targetPort } = this.#options.target
    this.#carry(guest.up, packet, () => guest.back.send(packet, targetPort, target))
  }

  #guestAt(host: string, port: number): Guest | null {
    const key = `${host}:${port}`
    const known = this.#guests.get(key)
    if (known !== undefined) return known
    if (this.#guests.size >= MAX_GUESTS) return null
    // Links of one tunnel are unlike, and alike from one run to the next.
    const seed = this.#options.seed + 2 * this.#guests.size
    const back = createSocket({
      type: 'udp4',
      recvBufferSize: BUFFER_BYTES,
      sendBufferSize: BUFFER_BYTES,
    })
    const guest: Guest = {
      back,
      up: new Link(this.#climate.up, seed),
      down: new Link(this.#climate.down, seed + 1),
    }
    back.on('error', () => undefined)
    back.on('message', (packet) => {
      this.#carry(guest.down, packet, () => this.#front.send(packet, port, host))
    })
    this.#guests.set(key, guest)
    return guest
  }

  #carry(link: Link, packet: Buffer, send: Send): void {
    const now = performance.now()
    const arrival = link.send(now, packet.length)
    if (arrival === null || this.#underway.size >= MAX_UNDERWAY) return
    if (arrival <= now) {
      send()
      return
    }
    this.#underway.add(arrival, send)
    this.#wake()
  }

  /** Sets the alarm for what is due next. */
  #wake(): void {
    const next = this.#underway.next
    if (next === null || next >= this.#wakesAt) return
    clearTimeout(this.#timer)
    this.#wakesAt = next
    // Timers count whole ms; a packet that would be early by a part of one goes now.
    this.#timer = setTimeout(() => this.#deliver(), Math.max(0, next - performance.now()))
  }

  #deliver(): void {
    if (this.#closed) return
    this.#wakesAt = Number.POSITIVE_INFINITY
    const now = performance.now()
    for (const { at, value: send } of this.#underway.due(now + 0.5)) {
      this.lateness.push(Math.max(0, now - at))
      send()
    }
    this.#wake()
  }
}

async function bound(host: string): Promise<Socket> {
  const socket = createSocket({
    type: 'udp4',
    recvBufferSize: BUFFER_BYTES,
    sendBufferSize: BUFFER_BYTES,
  })
  socket.bind(0, host)
  await once(socket, 'listening')
  return socket
}

function total(links: Link[]): Fates {
  const sum: Fates = { carried: 0, lost: 0, crowded: 0 }
  for (const { fates } of links) {
    sum.carried += fates.carried
    sum.lost += fates.lost
    sum.crowded += fates.crowded
  }
  return sum
}
