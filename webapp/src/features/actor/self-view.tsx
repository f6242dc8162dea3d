import { useEffect, useRef } from 'preact/hooks'
import { Icon } from '../../components/icon'
import { useText } from '../../i18n/use-text'
import type { Device } from '../../media/capture'

interface SelfViewProps {
  video: Device
  off: boolean
}

/** The actor as in a mirror. */
export function SelfView({ video, off }: SelfViewProps) {
  const { actor } = useText()
  const element = useRef<HTMLVideoElement>(null)
  const track = video.kind === 'on' ? video.track : null
  useEffect(() => {
    if (element.current === null) return
    element.current.srcObject = track && new MediaStream([track])
  }, [track])
  const dark = track === null || off
  return (
    <div class="self-view" data-testid="self-view" data-dark={dark}>
      <video
        ref={element}
        aria-label={actor.preview}
        data-testid="self-video"
        muted
        playsInline
        autoplay
      />
      {dark && (
        <p class="self-view-dark">
          <Icon name="camera" off />
          {actor.cameraOff}
        </p>
      )}
    </div>
  )
}
