import assert from 'node:assert/strict'
import { ownAddress } from '../harness/address.ts'
import { journey, type Scene } from '../harness/journey.ts'
import { hearsSound, seesPicture, spectatorInside } from '../harness/play.ts'
import type { Visitor } from '../harness/visitor.ts'

journey('whip', 'a foreign WHIP client plays, a foreign WHEP client watches', playAbroad, () => ({
  // The library under test mixes up several candidates when it restarts ICE.
  env: { RAMPA__SFU__ADVERTISE: `[${JSON.stringify(ownAddress())}]` },
}))

async function playAbroad(scene: Scene): Promise<void> {
  const { house } = scene
  const [actorToken = ''] = await house.tokens('actor')
  const [spectatorToken = ''] = await house.tokens('spectator')
  const spectator = await spectatorInside(scene, 'spectator', house.programme.spectators[0])

  const whip = await foreigner(scene, 'whip')
  const stage = await whip.page.evaluate(
    (token) => window.e2e.publishByWhip(token, 'rgb(30,160,30)'),
    actorToken,
  )
  assert.equal(new URL(stage).pathname.split('/').slice(0, 3).join('/'), '/whip/demo')
  const slot = await anySlot(spectator)
  await seesPicture(spectator, slot)
  await hearsSound(spectator, slot)
  assert.equal(await spectator.page.evaluate((k) => window.e2e.colourOf(k), slot), 'green')
  await spectator.screenshot('whip')

  const whep = await foreigner(scene, 'whep')
  // The library keeps no entity tag of a viewer's session, so its candidates are refused as
  // RFC 9725 section 4.3.1 wants it; the house needs none of them.
  whep.tolerated.push(/Request rejected with status 428/)
  const seat = await whep.page.evaluate((t) => window.e2e.viewByWhep(t), spectatorToken)
  await plays(whep)
  await whep.screenshot('whep')

  // A new path: the session goes on over it.
  await whip.page.evaluate(() => window.e2e.restartIce())
  await whep.page.evaluate(() => window.e2e.restartIce())
  await plays(whep)
  await seesPicture(spectator, slot)

  await whep.page.evaluate(() => window.e2e.hangUp())
  await isGone(seat, spectatorToken)
  await whip.page.evaluate(() => window.e2e.hangUp())
  await isGone(stage, actorToken)
  await spectator.sees('stage-empty')
}

/** A page of the house that is used for nothing but to run somebody else's program. */
async function foreigner(scene: Scene, name: string): Promise<Visitor> {
  const visitor = await scene.visit(name, { to: scene.house.origin })
  // Browsers let a page sound after a gesture.
  await visitor.click('lang-ru')
  return visitor
}

async function anySlot(visitor: Visitor): Promise<number> {
  await visitor.until(
    'somebody in a slot',
    () => window.__rampa?.slots.some(({ person }) => person !== null),
    null,
  )
  return visitor.page.evaluate(
    () => window.__rampa?.slots.find(({ person }) => person !== null)?.slot ?? -1,
  )
}

/** Waits until frames are decoded and sound is played. */
async function plays(whep: Visitor): Promise<void> {
  const total = () => window.e2e.receptions()
  const before = await whep.page.evaluate(total)
  const sum = (key: 'frames' | 'energy') => before.reduce((all, one) => all + one[key], 0)
  await whep.until(
    'picture and sound',
    async ({ frames, energy }) => {
      const now = await window.e2e.receptions()
      return (
        now.reduce((all, one) => all + one.frames, 0) >= frames &&
        now.reduce((all, one) => all + one.energy, 0) > energy
      )
    },
    { frames: sum('frames') + 10, energy: sum('energy') + 0.001 },
  )
}

/** What was ended is not there, for PATCH and DELETE alike. */
async function isGone(address: string, token: string): Promise<void> {
  const authorization = `Bearer ${token}`
  const deleted = await fetch(address, { method: 'DELETE', headers: { authorization } })
  assert.equal(deleted.status, 404)
  const patched = await fetch(address, {
    method: 'PATCH',
    headers: {
      authorization,
      'if-match': '*',
      'content-type': 'application/trickle-ice-sdpfrag',
    },
    body: 'a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n',
  })
  assert.equal(patched.status, 404)
}
