import { useEffect, useState } from 'preact/hooks'
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

const LOOK_MS = 1_000

/** How old the oldest picture of the stage is on this screen, as far as the browser can tell. */
function Delay({ room }: { room: Room }) {
  const text = useText().console
  const [delay, setDelay] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => {
      const seen = room.board.slots.value.filter(({ shown }) => shown)
      const delays = seen.map(({ slot }) => room.board.delays.get(slot) ?? 0)
      setDelay(Math.round(Math.max(0, ...delays)))
    }, LOOK_MS)
    return () => clearInterval(timer)
  }, [room])
  if (delay === 0) return null
  return (
    <span data-testid="delay" data-ms={delay}>
      {' '}
      · {text.delay(delay)}
    </span>
  )
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
        <Delay room={room} />
      </p>
    </section>
  )
}
