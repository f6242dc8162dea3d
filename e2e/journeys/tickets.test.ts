import assert from 'node:assert/strict'
import { journey, type Scene } from '../harness/journey.ts'
import { spectatorInside } from '../harness/play.ts'
import type { Visitor } from '../harness/visitor.ts'

/** The same link with another tag. */
function forged(link: string): string {
  const middle = Math.floor(link.indexOf('#') + (link.length - link.indexOf('#')) / 2)
  const other = link[middle] === 'A' ? 'B' : 'A'
  return link.slice(0, middle) + other + link.slice(middle + 1)
}

journey('refusals', 'whoever has no ticket is told so, and nothing else', async (scene) => {
  const { origin, programme } = scene.house
  const [ticket] = programme.spectators
  const bad = [forged(ticket), `${origin}/watch#garbage`, `${origin}/stage#${'A'.repeat(56)}`]
  const shown: (string | null)[] = []
  for (const [number, to] of bad.entries()) {
    const stranger = await scene.visit(`stranger-${number}`, { to, screen: 'phone' })
    await stranger.sees('access-denied')
    shown.push(await stranger.at('access-denied').textContent())
    if (number === 0) await stranger.screenshot('refused')
  }
  assert.deepEqual(new Set(shown).size, 1, 'the same words for all')

  const lost = await scene.visit('lost', { to: `${origin}/watch`, screen: 'phone' })
  await lost.sees('welcome')
  await lost.screenshot('welcome')
  // The right link in the same tab opens the door.
  await lost.page.goto(ticket)
  await lost.sees('foyer')

  await sameFromOutside(scene)
})

/** What programs are told: the same for everything that is wrong with access. */
async function sameFromOutside({ house: { origin, programme } }: Scene): Promise<void> {
  const session = (link: string) =>
    fetch(`${origin}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ link, device: 'e2e-raw-device-000', language: 'en' }),
    })
  const media = (path: string, token?: string) =>
    fetch(origin + path, {
      method: 'POST',
      headers: {
        'content-type': 'application/sdp',
        'accept-language': 'en',
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: 'v=0\r\n',
    })
  const secret = forged(programme.spectators[0]).split('#')[1] ?? ''
  const responses = [
    await session(secret),
    await session('garbage'),
    await session(''),
    await media('/whip/demo'),
    await media('/whip/demo', 'garbage'),
    await media('/whep/demo', 'garbage'),
    await media('/whep/no-such-play', 'garbage'),
  ]
  assert.deepEqual(
    responses.map(({ status }) => status),
    responses.map(() => 401),
  )
  const bodies = await Promise.all(responses.map((response) => response.text()))
  assert.equal(new Set(bodies).size, 1, bodies.join('\n'))
}

journey(
  'takeover',
  'a second device takes the seat, and the first can take it back',
  async (scene) => {
    const [ticket] = scene.house.programme.spectators
    const phone = await spectatorInside(scene, 'phone', ticket)
    const manager = await scene.visit('manager', { to: scene.house.programme.stageManager })
    await manager.finds('house-count', 'data-count', '1')

    const tablet = await scene.visit('tablet', { to: ticket })
    await tablet.sees('foyer')
    await phone.sees('taken-over')
    await phone.screenshot('taken-over')
    // One ticket is one spectator, whatever they open.
    await manager.finds('house-count', 'data-count', '1')

    await phone.click('return-here')
    await phone.sees('house')
    await tablet.sees('taken-over')
    await manager.finds('house-count', 'data-count', '1')
  },
)

journey(
  'roles',
  'a ticket opens the house, and neither the stage nor the console',
  async (scene) => {
    const { origin } = scene.house
    const [link = ''] = await scene.house.links('spectator')
    const page = await scene.visit('spectator', { to: origin })
    const { token, role } = await page.page.evaluate((l) => window.e2e.sit(l), link)
    assert.equal(role, 'spectator')
    const answers = await page.page.evaluate(
      (mine) =>
        window.e2e.converse(mine, (me) => [
          { type: 'set_curtain', body: { raised: false } },
          { type: 'take_stage' },
          { type: 'leave_stage' },
          { type: 'set_mute', body: { person: me, kind: 'audio', muted: true } },
          { type: 'ping' },
        ]),
      token,
    )
    const no = 'forbidden'
    assert.deepEqual(answers, ['welcome', no, no, no, no, 'pong'])

    const whip = await fetch(`${origin}/whip/demo`, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp', authorization: `Bearer ${token}` },
      body: 'v=0\r\n',
    })
    assert.equal(whip.status, 403)

    // A link opened at the wrong door leads to the right one.
    const wrongDoor = await scene.visit('wrong-door', { to: link.replace('/watch', '/console') })
    await wrongDoor.sees('foyer')
    assert.equal(new URL(wrongDoor.page.url()).pathname, '/watch')
    await curtainIsUp(wrongDoor)
  },
)

async function curtainIsUp(spectator: Visitor): Promise<void> {
  await spectator.click('enter-house')
  await spectator.finds('curtain', 'data-state', 'raised')
}
