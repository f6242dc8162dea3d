import type { DeviceId, Language, SessionRequest, SessionResponse } from './generated/protocol'

/** What the house says to somebody who shows a link. */
export type Admission =
  | { kind: 'admitted'; pass: SessionResponse }
  /** The link admits nobody; asking again will not help. */
  | { kind: 'refused' }
  /** No answer, or one that promises a later one. */
  | { kind: 'unreachable' }

/** Longer than any honest answer takes, shorter than a person's patience. */
const TIMEOUT_MS = 15_000

/** Shows the link at the door. Being admitted ends the person's earlier session. */
export async function requestAdmission(
  link: string,
  device: DeviceId,
  language: Language,
): Promise<Admission> {
  const body: SessionRequest = { link, device, language }
  try {
    const response = await fetch('/api/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      cache: 'no-store',
      credentials: 'omit',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (response.ok) return { kind: 'admitted', pass: (await response.json()) as SessionResponse }
    return { kind: isRefusal(response.status) ? 'refused' : 'unreachable' }
  } catch {
    return { kind: 'unreachable' }
  }
}

/** 408 and 429 ask for patience; every other 4xx is about the link itself. */
function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429
}
