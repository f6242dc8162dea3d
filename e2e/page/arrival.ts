/** A viewer who comes, looks for a while and goes: how soon there is a picture, and how old it is. */

import { readClock, takeReading } from './barcode.ts'

/** What an arrival saw. */
export interface Sight {
  /** From the making of the offer to the first picture on the screen, in ms. */
  firstFrame: number
  /** Picture by picture: when it was shown after the first one, and how old it was, in ms. */
  delays: { at: number; delay: number }[]
}

let arriving: { pc: RTCPeerConnection; video: HTMLVideoElement; begun: number } | undefined

/** Offers to see a picture and hear a voice. */
export async function arrive(): Promise<string> {
  const begun = performance.now()
  const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' })
  const video = document.createElement('video')
  video.muted = true
  video.autoplay = true
  video.style.cssText = 'position:fixed;left:0;top:0;width:640px;height:360px'
  const stream = new MediaStream()
  video.srcObject = stream
  document.body.append(video)
  for (const kind of ['video', 'audio']) pc.addTransceiver(kind, { direction: 'recvonly' })
  pc.ontrack = ({ track, receiver }) => {
    receiver.jitterBufferTarget = 0
    if (track.kind === 'video') stream.addTrack(track)
  }
  arriving = { pc, video, begun }
  await pc.setLocalDescription()
  return pc.localDescription?.sdp ?? ''
}

/** Takes the answer, watches for so long after the first picture, and goes. */
export async function look(sdp: string, milliseconds: number): Promise<Sight> {
  if (arriving === undefined) throw new Error('nobody arrives')
  const { pc, video, begun } = arriving
  const shown = new Promise<number>((resolve) => {
    video.requestVideoFrameCallback((now) => resolve(now))
  })
  const delays: Sight['delays'] = []
  readClock('arrival', video, (delay) => delays.push({ at: performance.now(), delay }))
  await pc.setRemoteDescription({ type: 'answer', sdp })
  const first = await shown
  await new Promise((resolve) => setTimeout(resolve, milliseconds))
  takeReading('arrival')
  pc.close()
  video.remove()
  return {
    firstFrame: first - begun,
    delays: delays.map(({ at, delay }) => ({ at: at - first, delay })),
  }
}

/** Offers the picture of the page's clock, as somebody who publishes. */
export async function publishClock(framesPerSecond: number, stream: MediaStream): Promise<string> {
  const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' })
  for (const track of stream.getTracks()) {
    const encodings = track.kind === 'video' ? [{ maxFramerate: framesPerSecond }] : []
    pc.addTransceiver(track, { direction: 'sendonly', sendEncodings: encodings })
  }
  publishing = pc
  await pc.setLocalDescription()
  return pc.localDescription?.sdp ?? ''
}

/** Takes the node's answer to {@link publishClock}. */
export async function takeAnswer(sdp: string): Promise<void> {
  await publishing?.setRemoteDescription({ type: 'answer', sdp })
}

let publishing: RTCPeerConnection | undefined
