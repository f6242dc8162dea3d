import { after } from 'node:test'
import { journey } from '../harness/journey.ts'
import { Network } from '../harness/network.ts'
import { actorOnStage, hearsSound, RED, seesPicture, slotOf } from '../harness/play.ts'

let network: Network

journey(
  'networks',
  'where no UDP gets through, people come in by TCP, and are told',
  async (scene) => {
    const { actor: stageDoor, spectators } = scene.house.programme
    await network.blockUdp()
    const actor = await actorOnStage(scene, 'actor', stageDoor, RED)
    const spectator = await scene.visit('spectator', { to: spectators[0], screen: 'phone' })
    await spectator.sees('enter-house')
    const told = spectator.sees('connection-banner').then(() => spectator.screenshot('told'))
    const began = performance.now()
    await spectator.click('enter-house')
    const slot = await slotOf(spectator, actor)
    await seesPicture(spectator, slot, 1)
    const seconds = (performance.now() - began) / 1000
    await told
    await hearsSound(spectator, slot)
    await spectator.finds('stage-view', 'data-way', 'tcp')
    console.log(`a picture without UDP after ${seconds.toFixed(1)} s`)
  },
  async () => {
    network = await Network.open()
    return { network }
  },
)

after(() => network?.close())
