import { Icon } from '../../components/icon'
import { useReadable } from '../../components/use-readable'
import { useText } from '../../i18n/use-text'
import type { Sound } from '../../media/sound'

/** After a reload browsers want one gesture before anything may be heard. */
export function TapForSound({ sound }: { sound: Sound }) {
  const { house } = useText()
  if (!useReadable(sound.blocked)) return null
  return (
    <button
      type="button"
      class="button primary tap-for-sound"
      data-testid="tap-for-sound"
      onClick={() => sound.unlock()}
    >
      <Icon name="sound" />
      {house.tapForSound}
    </button>
  )
}
