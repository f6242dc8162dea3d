import { useText } from '../../i18n/use-text'
import type { CaptureState } from '../../media/capture'
import type { Engine } from '../../media/engine'
import type { Room } from '../../media/room'
import { StageView } from '../house/stage-view'
import type { House } from '../session/state'
import { DeviceCheck } from './device-check'

interface WingsProps {
  engine: Engine
  room: Room
  house: House
  capture: CaptureState
  /** The camera is switched off by the actor. */
  dark: boolean
  onOpen: () => void
}

/** Behind the stage: the actor's own devices, and what the others are doing out there. */
export function Wings({ engine, room, house, capture, dark, onOpen }: WingsProps) {
  const { actor } = useText()
  const others = house.people.some(({ id }) => id !== house.me.id)
  return (
    <div
      class="wings"
      data-testid="wings"
      data-phase={capture.phase === 'ready' ? 'ready' : 'door'}
      data-monitor={others && capture.phase === 'ready'}
    >
      {capture.phase !== 'ready' && <h2>{actor.greeting(house.me.name)}</h2>}
      <DeviceCheck
        capture={engine.capture}
        state={capture}
        dark={dark}
        onOpen={onOpen}
        onMusic={(music) => engine.setMusic(music)}
      />
      {others && capture.phase === 'ready' && (
        <section class="monitor">
          <h2>{actor.monitor}</h2>
          <div class="monitor-screen">
            <StageView engine={engine} room={room} house={house} />
          </div>
        </section>
      )}
    </div>
  )
}
