import { useText } from '../../i18n/use-text'
import type { CaptureState } from '../../media/capture'
import type { Engine } from '../../media/engine'
import type { Room } from '../../media/room'
import { StageView } from '../house/stage-view'
import type { House } from '../session/state'
import { SelfView } from './self-view'

interface OnStageProps {
  engine: Engine
  room: Room
  house: House
  capture: CaptureState & { phase: 'ready' }
  dark: boolean
  /** Tries the devices again. */
  onOpen: () => void
}

/** The stage as those who stand on it see it: the partners, and oneself in a corner. */
export function OnStage({ engine, room, house, capture, dark, onOpen }: OnStageProps) {
  const alone = !house.people.some(({ id }) => id !== house.me.id)
  return (
    <div class="actor-stage" data-testid="on-stage" data-alone={alone}>
      <StageView engine={engine} room={room} house={house} />
      <SelfView video={capture.video} off={dark} />
      <MissingDevice capture={capture} onOpen={onOpen} />
    </div>
  )
}

/** A cable that falls out in mid-play must not go unnoticed. */
function MissingDevice({ capture, onOpen }: Pick<OnStageProps, 'capture' | 'onOpen'>) {
  const { actor } = useText()
  const lost = (['audio', 'video'] as const).flatMap((kind) => {
    const device = capture[kind]
    return device.kind === 'off' && device.why === 'lost' ? [{ kind, why: device.why }] : []
  })
  if (lost.length === 0) return null
  return (
    <div class="problem missing-device" role="alert" data-testid="missing-device">
      {lost.map(({ kind, why }) => (
        <p key={kind}>{actor.missing[kind][why]}</p>
      ))}
      <button type="button" class="button" data-testid="check-again" onClick={onOpen}>
        {actor.again}
      </button>
    </div>
  )
}
