import type { Scene } from '../harness/journey.ts'
import { connectPeers } from '../harness/peers.ts'
import { hearsSound, seesPicture, slotOf, takeStage } from '../harness/play.ts'
import type { Visitor } from '../harness/visitor.ts'

/** Everybody in place. */
export interface Studio {
  actor: Visitor
  spectators: Visitor[]
}

const FRAMES_PER_SECOND = 30
/** Pages as large as the picture: drawing a large page costs more than the picture. */
const SCREEN = { width: 640, height: 360 }

/** An actor on stage, two spectators who see and hear them both ways. */
export async function setUp(scene: Scene): Promise<Studio> {
  const { actor: stageDoor, spectators: tickets } = scene.house.programme
  const actor = await scene.visit('actor', {
    to: stageDoor,
    screen: SCREEN,
    media: `filmClock(${FRAMES_PER_SECOND})`,
    measures: true,
  })
  await actor.click('check-devices')
  await takeStage(actor)
  const spectators: Visitor[] = []
  for (const [number, ticket] of tickets.entries()) {
    const spectator = await scene.visit(`spectator-${number + 1}`, {
      to: ticket,
      screen: SCREEN,
      measures: true,
    })
    await spectator.click('enter-house')
    const slot = await slotOf(spectator, actor)
    await seesPicture(spectator, slot)
    await hearsSound(spectator, slot)
    await connectPeers(actor, spectator, 'clock')
    await spectator.page.evaluate(openSenses, slot)
    spectators.push(spectator)
  }
  return { actor, spectators }
}

/** Runs in the spectator's page. */
async function openSenses(slot: number): Promise<void> {
  const { hear, peer, readClock, slotAudio, slotVideo } = window.e2e
  const ways = [
    ['sfu', slotVideo(slot), slotAudio(slot)],
    ['p2p', peer.video, peer.audio],
  ] as const
  for (const [name, video, audio] of ways) {
    if (!video || !(audio?.srcObject instanceof MediaStream)) throw new Error(`nothing by ${name}`)
    readClock(name, video)
    await hear(name, audio.srcObject)
  }
}
