import type { Kind } from '../../api/generated/protocol'
import { Icon } from '../../components/icon'
import { useReadable } from '../../components/use-readable'
import { useText } from '../../i18n/use-text'
import type { CaptureState } from '../../media/capture'
import type { Performer } from '../../media/performer'

interface ControlsProps {
  performer: Performer
  capture: CaptureState & { phase: 'ready' }
  onStage: boolean
  busy: boolean
  onTake: () => void
  onLeave: () => void
}

/** In the thumb's reach: microphone, camera, and the way on and off the stage. */
export function Controls({ performer, capture, onStage, busy, onTake, onLeave }: ControlsProps) {
  const { actor } = useText()
  const nothing = capture.audio.kind === 'off' && capture.video.kind === 'off'
  return (
    <div class="actor-controls">
      <SelfMuteButton performer={performer} kind="audio" able={capture.audio.kind === 'on'} />
      <SelfMuteButton performer={performer} kind="video" able={capture.video.kind === 'on'} />
      {onStage ? (
        <button
          type="button"
          class="button large"
          data-testid="leave-stage"
          disabled={busy}
          onClick={onLeave}
        >
          <Icon name="door" />
          {actor.leaveStage}
        </button>
      ) : (
        <button
          type="button"
          class="button primary large"
          data-testid="take-stage"
          disabled={busy || nothing}
          onClick={onTake}
        >
          {actor.takeStage}
        </button>
      )}
    </div>
  )
}

interface SelfMuteProps {
  performer: Performer
  kind: Kind
  /** There is a device to switch. */
  able: boolean
}

function SelfMuteButton({ performer, kind, able }: SelfMuteProps) {
  const { actor } = useText()
  const off = useReadable(performer.selfMute)[kind] || !able
  const label = off ? actor.on[kind] : actor.off[kind]
  return (
    <button
      type="button"
      class="round"
      aria-label={label}
      title={label}
      data-testid={`self-mute-${kind}`}
      data-off={off}
      disabled={!able}
      onClick={() => performer.toggle(kind)}
    >
      <Icon name={kind === 'audio' ? 'microphone' : 'camera'} off={off} />
    </button>
  )
}
