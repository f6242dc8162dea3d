import assert from 'node:assert/strict'
import test from 'node:test'
import { redirect } from '../page/detour.ts'

const SDP = [
  'v=0',
  'm=audio 5000 UDP/TLS/RTP/SAVPF 111',
  'a=candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host',
  'a=candidate:2 1 tcp 1671430143 192.0.2.1 5000 typ host tcptype passive',
  'a=end-of-candidates',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'a=mid:1',
  '',
].join('\r\n')

test('a description that is sent round names no way but that', () => {
  const lines = redirect(SDP, '192.0.2.7:6000').split('\r\n')
  assert.deepEqual(
    lines.filter((line) => line.startsWith('a=candidate:')),
    ['a=candidate:1 1 udp 2130706431 192.0.2.7 6000 typ host'],
  )
  assert.equal(lines[2], 'a=candidate:1 1 udp 2130706431 192.0.2.7 6000 typ host')
  assert.equal(lines.length, SDP.split('\r\n').length - 1)
})

test('a description without a way leaves the rest as it was', () => {
  const expected = SDP.split('\r\n').filter((line) => !line.startsWith('a=candidate:'))
  assert.deepEqual(redirect(SDP, null).split('\r\n'), expected)
})
