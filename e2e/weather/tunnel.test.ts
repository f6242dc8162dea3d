import assert from 'node:assert/strict'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import test from 'node:test'
import { CLEAR } from './link.ts'
import { randomLoss } from './loss.ts'
import { Tunnel } from './tunnel.ts'

const HOST = '127.0.0.1'

async function socket(): Promise<Socket> {
  const made = createSocket('udp4')
  made.bind(0, HOST)
  await once(made, 'listening')
  return made
}

async function next(from: Socket): Promise<{ text: string; port: number }> {
  const [packet, { port }] = await once(from, 'message')
  return { text: String(packet), port }
}

test('two guests reach the target from ports of their own, and each gets their own answer', async () => {
  const [target, first, second] = [await socket(), await socket(), await socket()]
  const options = { host: HOST, target: { host: HOST, port: target.address().port }, seed: 1 }
  const tunnel = await Tunnel.open({ ...options, up: CLEAR, down: { ...CLEAR, delayMs: 5 } })
  try {
    first.send('from the first', tunnel.address.port, HOST)
    const one = await next(target)
    second.send('from the second', tunnel.address.port, HOST)
    const two = await next(target)
    assert.deepEqual([one.text, two.text], ['from the first', 'from the second'])
    assert.notEqual(one.port, two.port)

    const answers = Promise.all([next(first), next(second)])
    target.send('to the second', two.port, HOST)
    target.send('to the first', one.port, HOST)
    const [toFirst, toSecond] = await answers
    assert.deepEqual([toFirst.text, toSecond.text], ['to the first', 'to the second'])
    assert.equal(toFirst.port, tunnel.address.port)
    assert.deepEqual(tunnel.fates.up, { carried: 2, lost: 0, crowded: 0 })

    // From now on nothing gets through, and then everything again.
    tunnel.change({ up: { ...CLEAR, loss: randomLoss(1) } })
    first.send('lost', tunnel.address.port, HOST)
    first.send('lost', tunnel.address.port, HOST)
    while (tunnel.fates.up.lost < 2) await new Promise(setImmediate)
    tunnel.change({ up: CLEAR })
    const after = next(target)
    first.send('found', tunnel.address.port, HOST)
    assert.deepEqual(await after, { text: 'found', port: one.port })
  } finally {
    tunnel.close()
    for (const each of [target, first, second]) each.close()
  }
})
