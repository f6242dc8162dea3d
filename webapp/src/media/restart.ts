import type { IceRestart } from '../api/generated/protocol'

/** One side's ICE credentials. */
export interface IceCredentials {
  ufrag: string
  pwd: string
}

const value = (sdp: string, name: string) =>
  sdp.match(new RegExp(`^a=${name}:(.*?)\\r?$`, 'm'))?.[1] ?? ''

/** The ICE credentials of a description: all its sections are one bundle. */
export function credentials(sdp: string): IceCredentials {
  return { ufrag: value(sdp, 'ice-ufrag'), pwd: value(sdp, 'ice-pwd') }
}

/** The answer of before with the transport of now: nothing else changes in an ICE restart. */
export function restarted(answer: string, { ufrag, pwd, candidates }: IceRestart): string {
  let named = false
  return answer
    .split('\r\n')
    .flatMap((line) => {
      if (line.startsWith('a=ice-ufrag:')) return [`a=ice-ufrag:${ufrag}`]
      if (line.startsWith('a=ice-pwd:')) return [`a=ice-pwd:${pwd}`]
      if (!line.startsWith('a=candidate:')) return [line]
      if (named) return []
      named = true
      return candidates.map((candidate) => `a=candidate:${candidate}`)
    })
    .join('\r\n')
}
