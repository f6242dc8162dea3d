import { useReadable } from '../../components/use-readable'
import { useText } from '../../i18n/use-text'
import type { Capture, CaptureState } from '../../media/capture'
import { DeviceSelect } from './device-select'
import { MicMeter } from './mic-meter'
import { SelfView } from './self-view'

interface DeviceCheckProps {
  capture: Capture
  state: CaptureState
  /** The camera is switched off by the actor. */
  dark: boolean
  onOpen: () => void
  onMusic: (music: boolean) => void
}

/** The rehearsal before the entrance: is there a picture, is there a sound, whose? */
export function DeviceCheck({ capture, state, dark, onOpen, onMusic }: DeviceCheckProps) {
  const { actor } = useText()
  if (state.phase !== 'ready') {
    return (
      <section class="device-check" data-testid="device-check" data-phase={state.phase}>
        <p class="device-check-intro">{actor.intro}</p>
        <button
          type="button"
          class="button primary large"
          data-testid="check-devices"
          disabled={state.phase === 'asking'}
          onClick={onOpen}
        >
          {actor.check}
        </button>
        <p class="device-check-asking" role="status">
          {state.phase === 'asking' && actor.asking}
        </p>
      </section>
    )
  }
  const { audio, video } = state
  const missing = audio.kind === 'off' || video.kind === 'off'
  return (
    <section class="device-check" data-testid="device-check" data-phase="ready">
      <SelfView video={video} off={dark} />
      {audio.kind === 'on' && <MicMeter audio={audio} />}
      <DeviceSelect capture={capture} kind="audio" device={audio} />
      {audio.kind === 'on' && <MusicSwitch capture={capture} onMusic={onMusic} />}
      <DeviceSelect capture={capture} kind="video" device={video} />
      {missing && (
        <div class="device-check-missing">
          <p data-testid="missing-advice">{consequence(state, actor)}</p>
          <button type="button" class="button" data-testid="check-again" onClick={onOpen}>
            {actor.again}
          </button>
        </div>
      )}
    </section>
  )
}

/** An instrument is to sound as it is; a voice is to be understood. */
function MusicSwitch({ capture, onMusic }: Pick<DeviceCheckProps, 'capture' | 'onMusic'>) {
  const { actor } = useText()
  const music = useReadable(capture.music)
  return (
    <label class="device-music">
      <input
        type="checkbox"
        data-testid="music"
        checked={music}
        onChange={(event) => onMusic(event.currentTarget.checked)}
      />
      {actor.music}
    </label>
  )
}

/** What playing without the missing device means. */
function consequence(
  { audio, video }: CaptureState & { phase: 'ready' },
  text: { byVoice: string; byPicture: string; neither: string },
): string {
  if (audio.kind === 'on') return text.byVoice
  return video.kind === 'on' ? text.byPicture : text.neither
}
