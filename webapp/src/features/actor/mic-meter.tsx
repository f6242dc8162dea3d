import { useEffect, useRef, useState } from 'preact/hooks'
import { useText } from '../../i18n/use-text'
import type { Device } from '../../media/capture'
import { watchLevel } from '../../media/meter'

/** A voice at arm's length is well above this; the noise of a room is below. */
const AUDIBLE = 0.45
const SEGMENTS = Array.from({ length: 16 }, (_, index) => index)

/** How loud the microphone is, as a row of lamps, and whether it was heard at all. */
export function MicMeter({ audio }: { audio: Device }) {
  const { actor } = useText()
  const meter = useRef<HTMLDivElement>(null)
  const [heard, setHeard] = useState(false)
  const track = audio.kind === 'on' ? audio.track : null

  useEffect(() => {
    setHeard(false)
    if (track === null) return
    return watchLevel(track, (level) => {
      // Past the component: twenty times a second is no business of rendering.
      show(meter.current, level)
      if (level >= AUDIBLE) setHeard(true)
    })
  }, [track])

  return (
    <div class="mic-meter">
      {/* biome-ignore lint/a11y/useSemanticElements: <meter> cannot be drawn as lamps everywhere */}
      <div
        ref={meter}
        role="meter"
        aria-label={actor.level}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={0}
        class="mic-meter-lamps"
        data-testid="mic-meter"
      >
        {SEGMENTS.map((index) => (
          <span key={index} />
        ))}
      </div>
      <p class="mic-meter-hint" role="status" data-testid="mic-hint" data-heard={heard}>
        {heard ? actor.heard : actor.speak}
      </p>
    </div>
  )
}

function show(meter: HTMLDivElement | null, level: number): void {
  if (meter === null) return
  meter.setAttribute('aria-valuenow', String(Math.round(level * 100)))
  const lit = Math.round(level * SEGMENTS.length)
  Array.from(meter.children).forEach((lamp, index) => {
    lamp.classList.toggle('lit', index < lit)
  })
}
