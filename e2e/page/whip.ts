import { WHEPClient } from 'whip-whep/whep.js'
import { WHIPClient } from 'whip-whep/whip.js'
import { actor, voice } from './cast.ts'
import { useConnection } from './stats.ts'

/** What the library keeps to itself in its types. */
interface Resource {
  resourceURL: URL
}

let client: (WHIPClient | WHEPClient) & Partial<Resource>

/**
 * Publishes a colour and a tone, or what camera and microphone give; answers with the address of
 * the session.
 */
export async function publishByWhip(token: string, colour: string | null): Promise<string> {
  const stream =
    colour === null
      ? await navigator.mediaDevices.getUserMedia({ audio: true, video: true })
      : actor(colour)
  const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' })
  for (const track of stream.getTracks()) pc.addTransceiver(track, { direction: 'sendonly' })
  const whip = new WHIPClient()
  await whip.publish(pc, `${location.origin}/whip/demo`, token)
  return begun(whip, pc)
}

/** Voices without a picture, as many as tokens; kept, so that none of them is collected. */
export async function speakByWhip(tokens: readonly string[]): Promise<void> {
  for (const [index, token] of tokens.entries()) {
    const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' })
    for (const track of voice(300 + 60 * index).getTracks()) {
      pc.addTransceiver(track, { direction: 'sendonly' })
    }
    const whip = new WHIPClient()
    await whip.publish(pc, `${location.origin}/whip/demo`, token)
    voices.push(whip)
  }
}

const voices: WHIPClient[] = []

/** Plays whoever is on stage; answers with the address of the session. */
export async function viewByWhep(token: string): Promise<string> {
  const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' })
  pc.addTransceiver('audio', { direction: 'recvonly' })
  pc.addTransceiver('video', { direction: 'recvonly' })
  pc.ontrack = ({ track }) => play(track)
  const whep = new WHEPClient()
  await whep.view(pc, `${location.origin}/whep/demo`, token)
  return begun(whep, pc)
}

/** A new path for the same session. */
export function restartIce(): Promise<void> {
  return Promise.resolve(client.restart())
}

/** Ends the session, as the library does. */
export function hangUp(): Promise<void> {
  return client.stop()
}

function begun(begun: typeof client, pc: RTCPeerConnection): string {
  client = begun
  useConnection(pc)
  if (client.resourceURL === undefined) throw new Error('no address of the session')
  return client.resourceURL.href
}

function play(track: MediaStreamTrack): void {
  const element = document.createElement(track.kind === 'video' ? 'video' : 'audio')
  element.srcObject = new MediaStream([track])
  element.muted = track.kind === 'video'
  element.autoplay = true
  document.body.append(element)
}
