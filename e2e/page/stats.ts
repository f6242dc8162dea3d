/** What `getStats` says of the page's PeerConnection, in the terms of the stage. */

/** What has come of one section. */
export interface Reception {
  mid: string
  kind: 'audio' | 'video'
  packets: number
  /** Frames decoded, of pictures. */
  frames: number
  /** Energy played, of sound. */
  energy: number
}

/** What one slot has shown and played so far. */
export interface SlotProgress {
  person: string | null
  /** Of the picture's section; null where there is none. */
  videoMid: string | null
  audioMid: string | null
  decoded: number
  /** Frames that reached the screen. */
  presented: number
  energy: number
  audioPackets: number
  videoPackets: number
}

/** Packets sent so far. */
export interface Sent {
  audio: number
  video: number
}

/** How a slot's picture is received. */
export interface Picture {
  codec: string
  height: number
  decoded: number
  freezes: number
  /** Keyframes that the browser asked for. */
  keyframesAsked: number
}

/** How a layer is sent. */
export interface Layer {
  rid: string | null
  codec: string
  mode: string | null
  encoded: number
  /** Keyframes that were asked of it. */
  keyframesAsked: number
}

let own: RTCPeerConnection | undefined

/** Measures this connection in a page that has none of the web app. */
export function useConnection(pc: RTCPeerConnection): void {
  own = pc
}

/** The page's connection of the moment. */
export function currentConnection(): RTCPeerConnection | null {
  return window.__rampa?.connection ?? own ?? null
}

let marked: RTCPeerConnection | null = null

/** Remembers the connection of the moment. */
export function markConnection(): void {
  marked = currentConnection()
}

/** Whether there is another connection than the remembered one, and it stands. */
export function hasNewConnection(): boolean {
  const pc = currentConnection()
  return pc !== null && pc !== marked && pc.connectionState === 'connected'
}

async function entries(): Promise<RTCStats[]> {
  const report = await currentConnection()?.getStats()
  return report ? [...report.values()] : []
}

/** What the browser says of each stream that it receives. */
export async function inbound(): Promise<RTCInboundRtpStreamStats[]> {
  return (await entries()).filter(
    (entry): entry is RTCInboundRtpStreamStats => entry.type === 'inbound-rtp',
  )
}

/** Every receiving section that anything has come for. */
export async function receptions(): Promise<Reception[]> {
  return (await inbound()).map((entry) => ({
    mid: entry.mid ?? '',
    kind: entry.kind === 'audio' ? 'audio' : 'video',
    packets: entry.packetsReceived ?? 0,
    frames: entry.framesDecoded ?? 0,
    energy: entry.totalAudioEnergy ?? 0,
  }))
}

/** How a slot's picture is received; zeros before anything came. */
export async function picture(slot: number): Promise<Picture> {
  const { videoMid } = await progress(slot)
  const all = await entries()
  const entry = all.find(
    (one): one is RTCInboundRtpStreamStats =>
      one.type === 'inbound-rtp' && videoMid !== null && 'mid' in one && one.mid === videoMid,
  )
  return {
    codec: codecOf(entry, all),
    height: entry?.frameHeight ?? 0,
    decoded: entry?.framesDecoded ?? 0,
    freezes: entry?.freezeCount ?? 0,
    keyframesAsked: entry?.pliCount ?? 0,
  }
}

/** How the layers of the own picture are sent. */
export async function sending(): Promise<Layer[]> {
  const all = await entries()
  const outbound = all.filter(
    (one): one is RTCOutboundRtpStreamStats =>
      one.type === 'outbound-rtp' && (one as RTCOutboundRtpStreamStats).kind === 'video',
  )
  return outbound.map((entry) => ({
    rid: entry.rid ?? null,
    codec: codecOf(entry, all),
    mode: entry.scalabilityMode ?? null,
    encoded: entry.framesEncoded ?? 0,
    keyframesAsked: entry.pliCount ?? 0,
  }))
}

/** The header extensions that both sides agreed on for sections of a kind. */
export function extensions(kind: 'audio' | 'video'): string[] {
  const sections = currentConnection()?.remoteDescription?.sdp.split('m=').slice(1) ?? []
  const lines = sections
    .filter((text) => text.startsWith(kind))
    .join('')
    .split('\r\n')
  return lines
    .filter((line) => line.startsWith('a=extmap:'))
    .map((line) => line.split(' ')[1] ?? '')
}

function codecOf(entry: RTCRtpStreamStats | undefined, all: RTCStats[]): string {
  const codec = all.find(({ id }) => id === entry?.codecId)
  return codec !== undefined && 'mimeType' in codec ? String(codec.mimeType) : ''
}

/** Bytes of a packet of a slot's sound, on average; 0 before any came. */
export async function soundWeight(slot: number): Promise<number> {
  const { audioMid } = await progress(slot)
  const stream = (await entries()).find(
    (one): one is RTCInboundRtpStreamStats =>
      one.type === 'inbound-rtp' && audioMid !== null && 'mid' in one && one.mid === audioMid,
  )
  return (stream?.bytesReceived ?? 0) / (stream?.packetsReceived || 1)
}

/** When the sound of a slot that is heard now was captured: ms since 1900 by the house's clock. */
export function captureTimestamp(slot: number): number | undefined {
  const track = window.__rampa?.slots.find((other) => other.slot === slot)?.audio?.getTracks()[0]
  const transceiver = currentConnection()
    ?.getTransceivers()
    .find(({ receiver }) => receiver.track === track)
  const [source] = transceiver?.receiver.getSynchronizationSources() ?? []
  return (source as { captureTimestamp?: number } | undefined)?.captureTimestamp
}

/** Pictures encoded so far, by layer. */
export async function encoded(): Promise<Record<string, number>> {
  const layers: Record<string, number> = {}
  for (const entry of await entries()) {
    const { type, rid, framesEncoded } = entry as RTCOutboundRtpStreamStats
    if (type === 'outbound-rtp' && rid !== undefined) layers[rid] = framesEncoded ?? 0
  }
  return layers
}

/** Packets received so far, of one kind or of all. */
export async function received(kind?: 'audio' | 'video'): Promise<number> {
  const all = await receptions()
  return all.reduce((sum, one) => sum + (kind && kind !== one.kind ? 0 : one.packets), 0)
}

/** Packets sent so far. */
export async function sent(): Promise<Sent> {
  const result: Sent = { audio: 0, video: 0 }
  for (const entry of await entries()) {
    if (entry.type !== 'outbound-rtp') continue
    const { kind, packetsSent = 0 } = entry as RTCOutboundRtpStreamStats
    result[kind === 'audio' ? 'audio' : 'video'] += packetsSent
  }
  return result
}

/** What the browser believes to be able to send, in bits per second. */
export async function uplink(): Promise<number> {
  const pairs = (await entries()).filter(
    (entry): entry is RTCIceCandidatePairStats => entry.type === 'candidate-pair',
  )
  return Math.max(0, ...pairs.map((pair) => pair.availableOutgoingBitrate ?? 0))
}

/** How the connection goes: its own end of the pair of addresses in use. */
export async function path(): Promise<{ type: string; protocol: string; relay: string | null }> {
  const all = new Map((await entries()).map((entry) => [entry.id, entry]))
  const transport = [...all.values()].find(({ type }) => type === 'transport')
  const { selectedCandidatePairId = '' } = (transport ?? {}) as RTCTransportStats
  const pair = all.get(selectedCandidatePairId) as RTCIceCandidatePairStats | undefined
  const local = all.get(pair?.localCandidateId ?? '') as Local | undefined
  const { candidateType = '', protocol = '', relayProtocol = null } = local ?? {}
  return { type: candidateType, protocol, relay: relayProtocol }
}

interface Local extends RTCStats {
  candidateType?: string
  protocol?: string
  relayProtocol?: string
}

/** The number of the slot in which a person is; -1 while there is none. */
export function slotOf(person: string): number {
  return window.__rampa?.slots.find((slot) => slot.person === person)?.slot ?? -1
}

/** How far a slot has come. */
export async function progress(slot: number): Promise<SlotProgress> {
  const media = window.__rampa?.slots.find((other) => other.slot === slot)
  const transceivers = currentConnection()?.getTransceivers() ?? []
  const midOf = (stream: MediaStream | null | undefined) => {
    const track = stream?.getTracks()[0]
    return transceivers.find(({ receiver }) => receiver.track === track)?.mid ?? null
  }
  const audioMid = media?.audio ? midOf(media.audio) : null
  const videoMid = media?.video ? midOf(media.video) : null
  const all = await receptions()
  const audio = all.find(({ mid }) => mid === audioMid)
  const video = all.find(({ mid }) => mid === videoMid)
  return {
    person: media?.person ?? null,
    videoMid,
    audioMid,
    decoded: video?.frames ?? 0,
    presented: slotVideo(slot)?.getVideoPlaybackQuality().totalVideoFrames ?? 0,
    energy: audio?.energy ?? 0,
    audioPackets: audio?.packets ?? 0,
    videoPackets: video?.packets ?? 0,
  }
}

/** The element that shows a slot's picture. */
export function slotVideo(slot: number): HTMLVideoElement | null {
  return document.querySelector(`[data-testid="slot-${slot}-video"]`)
}

/** The element that plays a slot's sound. */
export function slotAudio(slot: number): HTMLAudioElement | null {
  return document.querySelector(`[data-testid="slot-${slot}-audio"]`)
}

/** Whether a person would hear the slot: nothing is muted, nothing waits for a click. */
export function isAudible(slot: number): boolean {
  const element = slotAudio(slot)
  return (
    element !== null &&
    !element.paused &&
    !element.muted &&
    element.volume > 0 &&
    document.querySelector('[data-testid="tap-for-sound"]') === null
  )
}

/** Whether a person would see the slot: its picture is on the screen and no curtain before it. */
export function isVisible(slot: number): boolean {
  const tile = document.querySelector(`[data-testid="slot-${slot}"]`)
  const video = slotVideo(slot)
  if (tile?.getAttribute('data-pictured') !== 'true' || video === null) return false
  const curtain = document.querySelector('[data-testid="house"] [data-testid="curtain"]')
  if (curtain !== null && curtain.getAttribute('data-state') !== 'raised') return false
  const style = getComputedStyle(video)
  const { width, height } = video.getBoundingClientRect()
  return style.opacity === '1' && style.visibility === 'visible' && width > 0 && height > 0
}
