import { deviceId, sessionStorageOrNull } from '../../api/device'
import type { Language } from '../../api/generated/protocol'
import { readLink } from '../../api/link'
import { type Admission, requestAdmission } from '../../api/session'
import { backoffDelay } from '../../media/backoff'
import type { Engine } from '../../media/engine'
import { Observable } from '../../media/observable'
import { reduce, type SessionEvent, type SessionState } from './state'

/**
 * One visit to the house: from the link in the address to a seat, and back to it whatever
 * happens. The media layer is loaded only for those whom the door lets in.
 */
export class Session {
  readonly state = new Observable<SessionState>({ phase: 'checking' })
  /** There is one while somebody is seated. */
  readonly engine = new Observable<Engine | null>(null)
  readonly #language: () => Language
  #link: string | null = null
  #generation = 0
  #retry: ReturnType<typeof setTimeout> | undefined

  constructor(language: () => Language) {
    this.#language = language
  }

  /** Shows the address's link at the door. Called again, it starts over. */
  start(): void {
    this.stop()
    const storage = sessionStorageOrNull()
    const { pathname, search, hash } = location
    this.#link = readLink({ pathname, search, hash, storage })
    if (this.#link === null) this.#apply({ type: 'no-link' })
    // Some webviews have no WebRTC; they must not take the seat from a browser that has.
    else if (!canPlay()) this.#apply({ type: 'ended', ending: 'unsupported' })
    else void this.#enter(this.#link, 0)
  }

  /** The address that opens this very page in another browser. */
  get address(): string {
    return `${location.origin}${location.pathname}#${this.#link ?? ''}`
  }

  /** Takes the seat back to this device. */
  returnHere(): void {
    this.start()
  }

  stop(): void {
    this.#generation++
    clearTimeout(this.#retry)
    this.engine.value?.dispose()
    this.engine.set(null)
  }

  async #enter(link: string, attempt: number): Promise<void> {
    const generation = this.#generation
    if (attempt === 0) this.#apply({ type: 'checking' })
    const admission = await this.#admit(link)
    if (generation !== this.#generation) return
    switch (admission.kind) {
      case 'refused':
        this.#apply({ type: 'ended', ending: 'denied' })
        return
      case 'admitted':
        if (await this.#takeSeat(admission, link, generation)) return
    }
    if (generation !== this.#generation) return
    this.#apply({ type: 'unreachable' })
    this.#retry = setTimeout(() => void this.#enter(link, attempt + 1), backoffDelay(attempt))
  }

  /** False when the media layer cannot be loaded now. */
  async #takeSeat(
    { pass }: Admission & { kind: 'admitted' },
    link: string,
    generation: number,
  ): Promise<boolean> {
    this.#apply({ type: 'admitted', pass })
    const media = await import('../../media/engine').catch(() => null)
    if (media === null) return false
    if (generation !== this.#generation) return true
    const engine = new media.Engine({
      pass,
      device: deviceId(),
      readmit: () => this.#admit(link),
      onWelcome: (welcome) => this.#apply({ type: 'welcome', welcome }),
      onMessage: (message) => this.#apply({ type: 'message', message }),
      onLost: () => this.#apply({ type: 'lost' }),
      onEnd: (ending) => {
        this.engine.set(null)
        this.#apply({ type: 'ended', ending })
      },
    })
    this.engine.set(engine)
    return true
  }

  #admit(link: string): Promise<Admission> {
    return requestAdmission(link, deviceId(), this.#language())
  }

  #apply(event: SessionEvent): void {
    this.state.set(reduce(this.state.value, event))
  }
}

function canPlay(): boolean {
  return 'RTCPeerConnection' in window && 'WebSocket' in window
}
