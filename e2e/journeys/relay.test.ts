import assert from 'node:assert/strict'
import { after } from 'node:test'
import { setTimeout as pass } from 'node:timers/promises'
import type { SessionResponse } from '../../webapp/src/api/generated/protocol.ts'
import { ownAddress } from '../harness/address.ts'
import { Coturn } from '../harness/coturn.ts'
import { journey, type Scene } from '../harness/journey.ts'
import { actorOnStage, hearsSound, RED, seesPicture, slotOf } from '../harness/play.ts'
import { PATIENCE_MS, POLL_MS } from '../harness/time.ts'
import type { Visitor } from '../harness/visitor.ts'

journey(
  'relay',
  'who has no way but a relay comes in by that of the house, and plays by it too',
  async (scene) => {
    const { actor: stageDoor, spectators, origin } = scene.house.programme
    const actor = await actorOnStage(scene, 'actor', stageDoor, RED, goByRelay('turn:'))
    const spectator = await comesByRelay(scene, 'spectator', spectators[0], 'turn:', actor)
    await goesBy(spectator, 'udp')
    await goesBy(actor, 'udp')
    await counts(origin, 'turn_allocations', 2)
    await counts(origin, 'turn_packets_out_total', 1)
    assert.equal(await counted(origin, 'turn_refused_credentials_total'), 0)
  },
)

let coturn: Coturn

journey(
  'coturn',
  'coturn, as it is shipped, lets people in by UDP, TCP and TLS, and nobody further',
  async (scene) => {
    const { actor: stageDoor, spectators } = scene.house.programme
    const actor = await actorOnStage(scene, 'actor', stageDoor, RED)
    const links = [...spectators, ...(await scene.house.links('spectator'))]
    for (const [index, protocol] of ['udp', 'tcp', 'tls'].entries()) {
      const url = coturn.urls[index] ?? ''
      const guest = await comesByRelay(scene, protocol, links[index] ?? '', url, actor)
      await goesBy(guest, protocol)
    }
    await refusesOthers(scene)
  },
  async () => {
    const address = ownAddress()
    coturn = await Coturn.start('coturn', address)
    return {
      env: {
        RAMPA__SFU__ADVERTISE: JSON.stringify([address]),
        RAMPA__TURN__ENABLED: 'false',
        RAMPA__TURN__URLS: JSON.stringify(coturn.urls),
        RAMPA__TURN__SECRET_FILE: coturn.secretFile,
      },
      // Nobody has signed the relay's certificate.
      flags: ['--ignore-certificate-errors'],
    }
  },
)

after(() => coturn?.stop())

/** Comes in by a relay and nothing else; sees, hears, and is told so. */
async function comesByRelay(
  scene: Scene,
  name: string,
  to: string,
  relay: string,
  actor: Visitor,
): Promise<Visitor> {
  const guest = await scene.visit(name, { to, before: goByRelay(relay), screen: 'phone' })
  await guest.sees('enter-house')
  const told = guest.sees('connection-banner').then(() => guest.screenshot('told'))
  await guest.click('enter-house')
  await told
  const slot = await slotOf(guest, actor)
  await seesPicture(guest, slot)
  await hearsSound(guest, slot)
  await guest.finds('stage-view', 'data-way', 'relay')
  return guest
}

/** Good credentials open the way to the media node, and to nothing else on this machine. */
async function refusesOthers(scene: Scene): Promise<void> {
  const [link = ''] = await scene.house.links('spectator')
  const response = await fetch(`${scene.house.origin}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ link: link.split('#')[1], device: 'device-0123456789' }),
  })
  const pass = (await response.json()) as SessionResponse
  const [server] = pass.ice_servers
  assert.ok(server)
  for (const peer of ['127.0.0.1', '169.254.169.254', '10.0.0.1', '8.8.8.8']) {
    const said = await coturn.asksFor(peer, server.username, server.credential)
    assert.match(said, /403|Forbidden/i, `${peer}: ${said}`)
  }
}

const goByRelay = (part: string) => `goByRelay(${JSON.stringify(part)})`

/** Waits until the pair in use is of a relay that is reached by `protocol`. */
async function goesBy(visitor: Visitor, protocol: string): Promise<void> {
  await visitor.until(
    `a relay by ${protocol}`,
    async (wanted) => {
      const { type, relay } = await window.e2e.path()
      return type === 'relay' && relay === wanted
    },
    protocol,
  )
}

/** Waits until a number of `/metrics`, which are brought up to date now and then, is so high. */
async function counts(origin: string, name: string, least: number): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  let count = await counted(origin, name)
  while (!(count >= least)) {
    assert.ok(performance.now() < deadline, `${name}: ${count}`)
    await pass(POLL_MS)
    count = await counted(origin, name)
  }
}

/** A number of `/metrics`. */
async function counted(origin: string, name: string): Promise<number> {
  const text = await (await fetch(`${origin}/metrics`)).text()
  return Number(text.match(new RegExp(`^${name} (\\d+)`, 'm'))?.[1] ?? Number.NaN)
}
