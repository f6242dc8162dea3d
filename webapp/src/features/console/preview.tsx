import { useEffect } from 'preact/hooks'
import { Icon } from '../../components/icon'
import { useReadable } from '../../components/use-readable'
import { useText } from '../../i18n/use-text'
import type { Engine } from '../../media/engine'
import type { Room } from '../../media/room'
import { StageView } from '../house/stage-view'
import type { House } from '../session/state'

interface PreviewProps {
  engine: Engine
  room: Room
  house: House
}

/** The stage from the console, silent until the stage manager wants to listen. */
export function Preview({ engine, room, house }: PreviewProps) {
  const { console: text, connection } = useText()
  const way = useReadable(room.route.way)
  const muted = useReadable(engine.sound.muted)
  useEffect(() => {
    engine.sound.setMuted(true)
    engine.enter()
  }, [engine])

  const toggle = () => {
    engine.sound.setMuted(!muted)
    // The click is the gesture that browsers ask for.
    engine.sound.unlock()
  }
  return (
    <section class="preview" data-testid="preview">
      <div class="preview-head">
        <h2>{text.preview}</h2>
        <button
          type="button"
          class="button quiet"
          aria-pressed={!muted}
          data-testid="listen"
          onClick={toggle}
        >
          <Icon name="sound" off={muted} />
          {muted ? text.listen : text.silence}
        </button>
      </div>
      <div class="preview-screen">
        <StageView engine={engine} room={room} house={house} />
      </div>
      <p class="preview-hint">
        {text.previewHint}
        {way !== null && (
          <span class="preview-way" data-testid="way" data-way={way}>
            {connection.way[way]}
          </span>
        )}
      </p>
    </section>
  )
}
