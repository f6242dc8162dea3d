import { useState } from 'preact/hooks'
import { Banner } from '../../components/banner'
import { Curtain } from '../../components/curtain'
import { Icon } from '../../components/icon'
import { useFocusOnArrival } from '../../components/use-focus'
import { useReadable } from '../../components/use-readable'
import { useText } from '../../i18n/use-text'
import type { Engine } from '../../media/engine'
import type { Room } from '../../media/room'
import type { House } from '../session/state'
import { StageView } from './stage-view'
import { TapForSound } from './tap-for-sound'
import { useConnectionText } from './use-connection-text'
import { useIdle } from './use-idle'
import { useWakeLock } from './use-wake-lock'

interface AuditoriumProps {
  engine: Engine
  room: Room
  house: House
  connected: boolean
  onLeave: () => void
}

/** A seat in the house: the stage fills the screen, the curtain hides it. */
export function Auditorium({ engine, room, house, connected, onLeave }: AuditoriumProps) {
  const text = useText()
  const [whole, setWhole] = useState(false)
  const notice = useConnectionText(room, connected)
  const idle = useIdle()
  const main = useFocusOnArrival<HTMLElement>()
  useWakeLock()
  const { curtainRaised: raised, performance } = house

  return (
    <main
      ref={main}
      tabIndex={-1}
      class="auditorium"
      data-testid="house"
      data-idle={idle && raised}
    >
      <h1 class="visually-hidden">{performance.title}</h1>
      <StageView engine={engine} room={room} house={house} whole={whole} />
      <div class="vignette" aria-hidden="true" />
      <Curtain raised={raised}>
        <p class="curtain-title">{performance.title}</p>
        <p class="curtain-note">{text.curtain.soon}</p>
      </Curtain>
      <p class="visually-hidden" role="status">
        {raised ? text.curtain.raised : text.curtain.lowered}
      </p>
      <Banner text={notice} />
      <TapForSound sound={engine.sound} />
      <Controls engine={engine} whole={whole} onWhole={setWhole} onLeave={onLeave} />
    </main>
  )
}

interface ControlsProps {
  engine: Engine
  whole: boolean
  onWhole: (whole: boolean) => void
  onLeave: () => void
}

function Controls({ engine, whole, onWhole, onLeave }: ControlsProps) {
  const { house } = useText()
  const muted = useReadable(engine.sound.muted)
  return (
    <div class="house-controls">
      <button
        type="button"
        class="round"
        aria-label={house.leave}
        title={house.leave}
        data-testid="leave-house"
        onClick={onLeave}
      >
        <Icon name="door" />
      </button>
      <button
        type="button"
        class="round"
        aria-label={whole ? house.fill : house.whole}
        title={whole ? house.fill : house.whole}
        data-testid="fit"
        onClick={() => onWhole(!whole)}
      >
        <Icon name={whole ? 'fill' : 'whole'} />
      </button>
      <button
        type="button"
        class="round"
        aria-label={muted ? house.unmute : house.mute}
        title={muted ? house.unmute : house.mute}
        aria-pressed={muted}
        data-testid="sound-toggle"
        onClick={() => engine.sound.setMuted(!muted)}
      >
        <Icon name="sound" off={muted} />
      </button>
    </div>
  )
}
