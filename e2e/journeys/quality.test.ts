import assert from 'node:assert/strict'
import { journey } from '../harness/journey.ts'
import {
  actorOnStage,
  hearsSound,
  RED,
  seesPicture,
  slotOf,
  spectatorInside,
} from '../harness/play.ts'
import { PATIENCE_MS, within } from '../harness/time.ts'

journey(
  'quality',
  'the stage manager sees how links do, and the operator sees the rest',
  async (scene) => {
    const { actor: stageDoor, spectators, stageManager } = scene.house.programme
    const actor = await actorOnStage(scene, 'actor', stageDoor, RED)
    const spectator = await spectatorInside(scene, 'spectator', spectators[0])
    const slot = await slotOf(spectator, actor)
    await seesPicture(spectator, slot)
    await hearsSound(spectator, slot)

    const [who, viewer] = [await actor.person, await spectator.person]
    for (const [name, screen] of [
      ['desktop', 'desktop'],
      ['phone', 'phone'],
    ] as const) {
      const manager = await scene.visit(name, { to: stageManager, screen })
      for (const link of [`uplink-${who}`, `downlink-${viewer}`]) {
        await manager.sees(link)
        const score = Number(await manager.at(link).getAttribute('data-score'))
        assert.ok(score >= 10 && score <= 45, `${link}: ${score}`)
      }
      await manager.at(`downlink-${viewer}`).scrollIntoViewIfNeeded()
      await manager.screenshot('links')
      const fits = () => document.documentElement.scrollWidth <= innerWidth
      assert.ok(await manager.page.evaluate(fits), 'nothing hangs over the edge')
      await manager.context.close()
    }

    const get = (path: string) => within(path, fetch(scene.house.origin + path))
    const room = (await (await get('/debug/rooms/demo')).json()) as Room
    const session = room.sessions.find(({ participant }) => participant === who)
    assert.deepEqual(
      session?.tracks.map(({ live }) => live),
      [true, true],
    )
    const watches = room.sessions.find(({ participant }) => participant === viewer)
    assert.ok(watches?.streams.some(({ source, packets }) => source === who && packets > 0))
    assert.ok(!JSON.stringify(room).includes('address'))

    // Workers tell once a second.
    const counted = new Map<string, number>()
    const deadline = performance.now() + PATIENCE_MS
    do {
      assert.ok(performance.now() < deadline, JSON.stringify([...counted]))
      for (const line of (await (await get('/metrics')).text()).split('\n')) {
        const [series = '', value] = line.split(' ')
        if (!line.startsWith('#')) counted.set(series.replace(/{.*/, ''), Number(value))
      }
    } while (!MOVED.every((name) => (counted.get(name) ?? 0) > 0))
  },
)

/** Metrics that say that packets came, went, and took some time. */
const MOVED = [
  'sfu_received_packets_total',
  'sfu_sent_packets_total',
  'sfu_forward_delay_seconds_count',
  'sfu_join_connected_seconds_count',
  'sfu_estimate_bytes_per_second_count',
  'sfu_downlink_packets_total',
  'sfu_worker_cpu_seconds_total',
]

/** The part of a room that is looked at. */
interface Room {
  sessions: {
    participant: string
    tracks: { live: boolean }[]
    streams: { source: string | null; packets: number }[]
  }[]
}
