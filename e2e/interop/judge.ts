import type { Scene } from '../harness/journey.ts'
import { actorOnStage, hearsSound, RED, seesPicture, slotOf } from '../harness/play.ts'
import type { Visitor } from '../harness/visitor.ts'
import type { Client, Doors, Received } from './client.ts'

/** What came of one client in one part. */
export interface Result {
  client: string
  version: string
  part: 'publisher' | 'subscriber'
  works: boolean
  /** What was seen, or why nothing was. */
  detail: string
}

/** Our own people, by whom the clients are judged: an actor to watch, and a spectator. */
export class Judge {
  readonly #scene: Scene
  readonly #actor: Visitor
  readonly #spectator: Visitor

  private constructor(scene: Scene, actor: Visitor, spectator: Visitor) {
    this.#scene = scene
    this.#actor = actor
    this.#spectator = spectator
  }

  static async enter(scene: Scene): Promise<Judge> {
    const { actor: stageDoor, spectators } = scene.house.programme
    const actor = await actorOnStage(scene, 'actor', stageDoor, RED)
    const spectator = await scene.visit('spectator', { to: spectators[0] })
    await spectator.click('enter-house')
    const slot = await slotOf(spectator, actor)
    await seesPicture(spectator, slot)
    await hearsSound(spectator, slot)
    return new Judge(scene, actor, spectator)
  }

  /** Lets a client watch, and takes its word for what it received. */
  async subscriber(client: Client): Promise<Result> {
    return judged(client, 'subscriber', async () => {
      const received = await client.subscribe(await this.#doors())
      return { version: received.version, detail: told(received) }
    })
  }

  /** Lets a client play, and looks and listens whether it is seen and heard. */
  async publisher(client: Client): Promise<Result> {
    return judged(client, 'publisher', async () => {
      const publishing = await client.publish(await this.#doors())
      try {
        const slot = await this.#newcomer()
        await seesPicture(this.#spectator, slot, 30)
        await hearsSound(this.#spectator, slot)
        const lines = await this.#spectator.page.evaluate(
          (k) => window.e2e.slotVideo(k)?.videoHeight ?? 0,
          slot,
        )
        await this.#spectator.screenshot(client.name.replace(/\W+/g, '-'))
        const detail = `decoded in Chromium: 30 pictures of ${lines} lines, and sound`
        return { version: publishing.version, detail }
      } finally {
        await publishing.stop()
        await this.#spectator.finds('stage-view', 'data-faces', '1')
      }
    })
  }

  /** The slot of somebody on stage who is not our own actor. */
  async #newcomer(): Promise<number> {
    const own = await this.#actor.person
    const find = (id: string) =>
      window.__rampa?.slots.some(({ person }) => person !== null && person !== id)
    await this.#spectator.until('somebody new on stage', find, own)
    return this.#spectator.page.evaluate(
      (id) =>
        window.__rampa?.slots.find(({ person }) => person !== null && person !== id)?.slot ?? -1,
      own,
    )
  }

  async #doors(): Promise<Doors> {
    const { house } = this.#scene
    const [actor = ''] = await house.tokens('actor')
    const [spectator = ''] = await house.tokens('spectator')
    const { origin } = house
    return { whip: `${origin}/whip/demo`, whep: `${origin}/whep/demo`, actor, spectator }
  }
}

async function judged(
  { name }: Client,
  part: Result['part'],
  play: () => Promise<{ version: string; detail: string }>,
): Promise<Result> {
  try {
    return { client: name, part, works: true, ...(await play()) }
  } catch (error) {
    return { client: name, part, version: '', works: false, detail: String(error) }
  }
}

function told({ decoded, video, audio }: Received): string {
  return decoded
    ? `decoded ${video} pictures, ${audio} packets of sound`
    : `received ${video} whole pictures with a keyframe, ${audio} packets of sound`
}
