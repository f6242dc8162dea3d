import { useEffect, useRef } from 'preact/hooks'
import { LowerThird } from '../../components/lower-third'
import { useText } from '../../i18n/use-text'
import type { Engine } from '../../media/engine'
import type { Box } from '../../media/layout'
import type { Face } from './faces'

interface TileProps {
  engine: Engine
  slot: number
  /** Undefined while nobody is in the slot; its elements stay for whoever comes next. */
  face: Face | undefined
  box: Box | undefined
}

/** A slot of the stage: the picture, or a card with the name while there is none. */
export function Tile({ engine, slot, face, box }: TileProps) {
  const { house } = useText()
  const video = useRef<HTMLVideoElement>(null)
  useEffect(
    () => (video.current === null ? undefined : engine.showSlot(slot, video.current)),
    [engine, slot],
  )
  const style = box && {
    left: `${box.left}%`,
    top: `${box.top}%`,
    width: `${box.width}%`,
    height: `${box.height}%`,
  }
  return (
    <figure
      class="tile"
      style={style}
      data-testid={`slot-${slot}`}
      data-person={face?.person}
      data-pictured={face?.pictured ?? false}
      data-occupied={face !== undefined}
      data-speaking={face?.speaking ?? false}
      data-low={box !== undefined && box.top + box.height > 99}
      aria-hidden={face === undefined}
    >
      <video ref={video} data-testid={`slot-${slot}-video`} muted playsInline autoplay />
      {face && (
        <figcaption>
          {face.pictured ? (
            <LowerThird name={face.name} part={face.part} testId={`slot-${slot}-name`} />
          ) : (
            <NameCard face={face} />
          )}
          {face.speaking && <span class="visually-hidden">{house.speaks}</span>}
        </figcaption>
      )}
    </figure>
  )
}

/** Stands in for a face that is not to be seen. */
function NameCard({ face: { slot, name, part, voiceOnly } }: { face: Face }) {
  const { house } = useText()
  return (
    <div class="name-card" data-testid={`slot-${slot}-card`}>
      <span class="name-card-initial" aria-hidden="true">
        {initial(name)}
      </span>
      <span class="name-card-name" data-testid={`slot-${slot}-name`}>
        {name}
      </span>
      {part && <span class="name-card-part">{part}</span>}
      {voiceOnly && <span class="name-card-note">{house.onlyVoice}</span>}
    </div>
  )
}

function initial(name: string): string {
  return [...name.trim()][0]?.toUpperCase() ?? ''
}
