import { useAspect } from '../../components/use-aspect'
import { useReadable } from '../../components/use-readable'
import { useText } from '../../i18n/use-text'
import type { Engine } from '../../media/engine'
import { arrange } from '../../media/layout'
import type { Room } from '../../media/room'
import type { House } from '../session/state'
import { ensemble } from './faces'
import { Tile } from './tile'

interface StageViewProps {
  engine: Engine
  room: Room
  house: House
  /** Show pictures whole rather than let them fill their place. */
  whole?: boolean
}

/** The stage: everybody who is in a slot, arranged for the shape of the place it has. */
export function StageView({ engine, room, house, whole = false }: StageViewProps) {
  const text = useText().house
  const { ref, aspect } = useAspect<HTMLElement>()
  const slots = useReadable(room.board.slots)
  const link = useReadable(room.link)
  const way = useReadable(room.route.way)
  const { faces, voices } = ensemble(slots, house)
  const boxes = arrange(faces.length, aspect)
  const pairs = slots.filter(({ video }) => video !== null)

  return (
    <section
      ref={ref}
      class="stage-view"
      aria-label={text.label}
      data-testid="stage-view"
      data-fit={whole ? 'whole' : 'fill'}
      data-link={link}
      data-way={way}
      data-faces={faces.length}
    >
      {pairs.map(({ slot }) => {
        const index = faces.findIndex((face) => face.slot === slot)
        return (
          <Tile key={slot} engine={engine} slot={slot} face={faces[index]} box={boxes[index]} />
        )
      })}
      {faces.length === 0 && voices.length === 0 && (
        <p class="stage-empty" data-testid="stage-empty">
          {link === 'connected' || link === 'off' ? text.empty : text.lighting}
        </p>
      )}
      {voices.length > 0 && (
        <ul class="voices" aria-label={text.voices} data-testid="voices">
          {voices.map(({ slot, name, person, speaking }) => (
            <li
              key={slot}
              data-testid={`slot-${slot}-name`}
              data-person={person}
              data-speaking={speaking}
            >
              {name}
              {speaking && <span class="visually-hidden">, {text.speaks}</span>}
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
