import { useConnection } from './stats.ts'

/** A connection between two pages without a house between them: the floor of every measurement. */

/** As the web app sends and receives. */
const VIDEO_BITRATE = 2_500_000

/** The connections of this page, in the order in which they were made. */
const connections: RTCPeerConnection[] = []

/** What a page receives from another one. */
export interface Peer {
  video: HTMLVideoElement
  audio: HTMLAudioElement
}

/** The other page's media, once they met. */
export const peer: Partial<Peer> = {}

/** The picture of each connection, which can be paused. */
const pictures: { sender: RTCRtpSender; track: MediaStreamTrack }[] = []

/**
 * Offers the tracks of a stream to another page. They are cloned: the web app switches its own
 * off and on.
 */
export async function offerPeer(stream: MediaStream): Promise<string> {
  const made = new RTCPeerConnection({ bundlePolicy: 'max-bundle' })
  for (const track of stream.clone().getTracks()) {
    const encodings = track.kind === 'video' ? [{ maxBitrate: VIDEO_BITRATE }] : []
    const { sender } = made.addTransceiver(track, {
      direction: 'sendonly',
      streams: [stream],
      sendEncodings: encodings,
    })
    if (track.kind === 'video') pictures.push({ sender, track })
  }
  connections.push(made)
  await made.setLocalDescription()
  return gathered(made)
}

/** Takes the other page's answer to the latest offer. */
export async function acceptPeer(sdp: string): Promise<void> {
  await connections.at(-1)?.setRemoteDescription({ type: 'answer', sdp })
}

/** Sends the picture on a connection, or pauses it. */
export async function sendPeerVideo(connection: number, on: boolean): Promise<void> {
  const picture = pictures[connection]
  await picture?.sender.replaceTrack(on ? picture.track : null)
}

/** Shows the other page's picture on the whole screen, or hides it. */
export function showPeer(shown: boolean): void {
  if (!peer.video) return
  peer.video.style.visibility = shown ? 'visible' : 'hidden'
  peer.video.style.width = '100%'
}

/** Answers another page's offer, and plays what comes as the web app does. */
export async function answerPeer(sdp: string): Promise<string> {
  const made = new RTCPeerConnection({ bundlePolicy: 'max-bundle' })
  connections.push(made)
  useConnection(made)
  made.ontrack = ({ track, receiver }) => {
    receiver.jitterBufferTarget = 0
    const element = document.createElement(track.kind === 'video' ? 'video' : 'audio')
    element.autoplay = true
    element.muted = track.kind === 'video'
    element.srcObject = new MediaStream([track])
    element.style.cssText = 'position:fixed;left:0;top:0;z-index:99;width:25%'
    if (element instanceof HTMLVideoElement) peer.video = element
    else peer.audio = element
    document.body.append(element)
  }
  await made.setRemoteDescription({ type: 'offer', sdp })
  await made.setLocalDescription()
  return gathered(made)
}

/** The description with every candidate in it. */
function gathered(made: RTCPeerConnection): Promise<string> {
  return new Promise((resolve) => {
    const done = () => {
      if (made.iceGatheringState !== 'complete') return
      made.removeEventListener('icegatheringstatechange', done)
      resolve(made.localDescription?.sdp ?? '')
    }
    made.addEventListener('icegatheringstatechange', done)
    done()
  })
}
