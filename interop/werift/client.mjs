/**
 * werift as publisher and as subscriber:
 *   client.mjs subscribe URL TOKEN
 *   client.mjs publish URL TOKEN WHEP_URL WHEP_TOKEN
 * It has no encoder, so it publishes what it receives by WHEP.
 */
import { readFileSync } from 'node:fs'
import { MediaStreamTrack, RTCPeerConnection, useOPUS, useVP8, Vp8RtpPayload } from 'werift'

const manifest = new URL('node_modules/werift/package.json', import.meta.url)
const { version } = JSON.parse(readFileSync(manifest, 'utf8'))
const ENOUGH_FRAMES = 30
const ENOUGH_SOUND = 50
const PATIENCE_MS = 60_000
const KEYFRAME_INTERVAL_MS = 1_000

const report = (values) => console.log(JSON.stringify({ version, ...values }))

function connection() {
  const feedback = [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }, { type: 'transport-cc' }]
  return new RTCPeerConnection({
    iceServers: [],
    bundlePolicy: 'max-bundle',
    codecs: { video: [useVP8({ rtcpFeedback: feedback })], audio: [useOPUS()] },
  })
}

/** Offers by HTTP; answers with the address of the session. */
async function begin(pc, url, token) {
  await pc.setLocalDescription(await pc.createOffer())
  const authorization = `Bearer ${token}`
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/sdp' },
    body: pc.localDescription.sdp,
  })
  if (response.status !== 201) {
    throw new Error(`answered with ${response.status}: ${await response.text()}`)
  }
  const address = new URL(response.headers.get('location'), url)
  await pc.setRemoteDescription({ type: 'answer', sdp: await response.text() })
  return async () => {
    await fetch(address, { method: 'DELETE', headers: { authorization } })
    await pc.close()
  }
}

/** Watches by WHEP and hands over every packet, with its kind. */
function watch(url, token, onPacket) {
  const pc = connection()
  for (const kind of ['video', 'audio']) {
    const transceiver = pc.addTransceiver(kind, { direction: 'recvonly' })
    transceiver.onTrack.subscribe((track) => {
      track.onReceiveRtp.subscribe((packet) => onPacket(kind, packet))
      if (kind === 'audio') return
      track.onReceiveRtp.once(({ header }) => {
        setInterval(() => transceiver.receiver.sendRtcpPLI(header.ssrc), KEYFRAME_INTERVAL_MS)
      })
    })
  }
  return begin(pc, url, token)
}

async function subscribe(url, token) {
  const counts = { video: 0, audio: 0, keyframes: 0, packets: 0 }
  let enough
  const done = new Promise((resolve) => {
    enough = resolve
  })
  const end = await watch(url, token, (kind, { header, payload }) => {
    counts.packets++
    if (kind === 'audio') {
      counts.audio++
    } else {
      const vp8 = Vp8RtpPayload.deSerialize(payload)
      if (vp8.isKeyframe && vp8.isPartitionHead) counts.keyframes++
      if (header.marker) counts.video++
    }
    if (counts.video >= ENOUGH_FRAMES && counts.audio >= ENOUGH_SOUND && counts.keyframes > 0) {
      enough()
    }
  })
  const timer = setTimeout(() => fail('not enough came', counts), PATIENCE_MS)
  await done
  clearTimeout(timer)
  report({ event: 'received', decoded: false, ...counts })
  await end()
  process.exit(0)
}

async function publish(url, token, whepUrl, whepToken) {
  const tracks = {
    video: new MediaStreamTrack({ kind: 'video' }),
    audio: new MediaStreamTrack({ kind: 'audio' }),
  }
  const pc = connection()
  for (const track of Object.values(tracks)) pc.addTransceiver(track, { direction: 'sendonly' })
  const end = await begin(pc, url, token)
  const endWatching = await watch(whepUrl, whepToken, (kind, packet) => {
    if (pc.connectionState === 'connected') tracks[kind].writeRtp(packet.serialize())
  })
  report({ event: 'publishing' })
  process.stdin.resume()
  process.stdin.once('close', async () => {
    await end()
    await endWatching()
    process.exit(0)
  })
}

function fail(why, counts) {
  console.error(why, JSON.stringify(counts))
  process.exit(1)
}

const [what, ...rest] = process.argv.slice(2)
await { publish, subscribe }[what](...rest)
