import { inbound } from './stats.ts'

/** What a browser counts of the picture that it receives, since the connection began. */
export interface PictureCount {
  decoded: number
  dropped: number
  /** Freezes as the browser sees them, and how long they took together; 0 where it counts none. */
  freezes: number
  frozenMs: number
  /** Lines of the picture at the moment. */
  lines: number
  lost: number
  nacks: number
  plis: number
  bytes: number
}

/** The picture of the page's connection; of several, the one that shows most. */
export async function pictureCount(): Promise<PictureCount> {
  const pictures = (await inbound()).filter(({ kind }) => kind === 'video')
  const shown = (entry: RTCInboundRtpStreamStats) => entry.framesDecoded ?? 0
  const [best] = pictures.toSorted((a, b) => shown(b) - shown(a))
  return {
    decoded: best?.framesDecoded ?? 0,
    dropped: best?.framesDropped ?? 0,
    freezes: best?.freezeCount ?? 0,
    frozenMs: Math.round(1000 * (best?.totalFreezesDuration ?? 0)),
    lines: best?.frameHeight ?? 0,
    lost: best?.packetsLost ?? 0,
    nacks: best?.nackCount ?? 0,
    plis: best?.pliCount ?? 0,
    bytes: best?.bytesReceived ?? 0,
  }
}
