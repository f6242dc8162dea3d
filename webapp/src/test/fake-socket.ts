import type { ClientEnvelope, ServerEnvelope, ServerMessage } from '../api/generated/protocol'
import type { SocketLike } from '../media/connection'

/** The house's end of a WebSocket. */
export class FakeSocket implements SocketLike {
  onopen: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: (() => void) | null = null
  readonly received: ClientEnvelope[] = []
  closed = false

  send(data: string): void {
    this.received.push(JSON.parse(data) as ClientEnvelope)
  }

  close(): void {
    this.closed = true
  }

  open(): void {
    this.onopen?.()
  }

  /** The network takes the connection away. */
  drop(): void {
    this.closed = true
    this.onclose?.()
  }

  /** The house says something, with a sequence number or in answer to a request. */
  say(message: ServerMessage, envelope: { seq?: number; id?: number } = {}): void {
    const full: ServerEnvelope = { v: 1, ...envelope, ...message }
    this.onmessage?.({ data: JSON.stringify(full) })
  }

  /** Answers the last request of the given type. */
  answer(type: ClientEnvelope['type'], message: ServerMessage, seq?: number): void {
    const id = this.received.findLast((envelope) => envelope.type === type)?.id
    if (id === undefined) throw new Error(`no ${type} was received`)
    this.say(message, seq === undefined ? { id } : { id, seq })
  }

  of(type: ClientEnvelope['type']): ClientEnvelope[] {
    return this.received.filter((envelope) => envelope.type === type)
  }
}
