import { expect, it } from 'vitest'
import { credentials, restarted } from './restart'

const ANSWER = [
  'v=0',
  'a=ice-lite',
  'm=audio 7882 UDP/TLS/RTP/SAVPF 111',
  'a=ice-ufrag:old',
  'a=ice-pwd:oldoldoldoldoldoldoldo',
  'a=candidate:1 1 udp 2130706431 192.0.2.1 7882 typ host',
  'a=candidate:2 1 tcp 1520435199 192.0.2.1 7882 typ host tcptype passive',
  'a=end-of-candidates',
  'm=video 7882 UDP/TLS/RTP/SAVPF 96',
  'a=ice-ufrag:old',
  'a=ice-pwd:oldoldoldoldoldoldoldo',
  'a=rtpmap:96 VP8/90000',
  '',
].join('\r\n')

it('reads the credentials of a description', () => {
  expect(credentials(ANSWER)).toEqual({ ufrag: 'old', pwd: 'oldoldoldoldoldoldoldo' })
  expect(credentials('v=0\r\n')).toEqual({ ufrag: '', pwd: '' })
})

it('changes the transport of an answer and nothing else', () => {
  const candidates = ['1 1 udp 2130706431 198.51.100.2 7882 typ host']
  const text = restarted(ANSWER, { media_session: 's', ufrag: 'new', pwd: 'secret', candidates })
  const expected = ANSWER.replaceAll('ufrag:old', 'ufrag:new')
    .replaceAll('oldoldoldoldoldoldoldo', 'secret')
    .replace('192.0.2.1 7882 typ host\r\n', '198.51.100.2 7882 typ host\r\n')
    .replace(/a=candidate:2 .*\r\n/, '')
  expect(text).toBe(expected)
})
