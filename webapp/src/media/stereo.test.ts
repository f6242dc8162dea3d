import { describe, expect, it } from 'vitest'
import { withStereo } from './stereo'

const audio = (direction: string, parameters = 'minptime=10;useinbandfec=1') =>
  [
    'm=audio 9 UDP/TLS/RTP/SAVPF 63 111',
    `a=${direction}`,
    'a=rtpmap:63 red/48000/2',
    'a=fmtp:63 111/111',
    'a=rtpmap:111 opus/48000/2',
    `a=fmtp:111 ${parameters}`,
    '',
  ].join('\r\n')
const video = 'm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=recvonly\r\na=fmtp:96 x=1\r\n'
const fec = 'minptime=10;useinbandfec=1'

describe('withStereo', () => {
  it('listens in stereo, speaks in mono and plays music in stereo', () => {
    const offer = `v=0\r\n${audio('sendonly')}${video}${audio('recvonly')}`
    const heard = audio('recvonly', `${fec};stereo=1`)
    expect(withStereo(offer, false)).toBe(`v=0\r\n${audio('sendonly')}${video}${heard}`)
    const played = audio('sendonly', `${fec};stereo=1;sprop-stereo=1`)
    expect(withStereo(offer, true)).toBe(`v=0\r\n${played}${video}${heard}`)
  })

  it('leaves alone what asks already, and what it does not know', () => {
    for (const offer of [audio('recvonly', 'stereo=1;useinbandfec=1'), 'audio:recvonly', '']) {
      expect(withStereo(offer, true)).toBe(offer)
    }
  })
})
