import type { Kind, PersonQuality, PersonView } from '../../api/generated/protocol'
import { Icon } from '../../components/icon'
import { useText } from '../../i18n/use-text'
import { LinkQuality } from './link-quality'

interface PersonRowProps {
  person: PersonView
  /** How well their media goes, once the house knows. */
  quality: PersonQuality | undefined
  isMe: boolean
  speaking: boolean
  onMute: (kind: Kind, muted: boolean) => void
}

const KINDS: readonly Kind[] = ['audio', 'video']
const DIRECTIONS = ['uplink', 'downlink'] as const

/** One person: where they are, what of theirs arrives, and the switches for it. */
export function PersonRow({ person, quality, isMe, speaking, onMute }: PersonRowProps) {
  const text = useText().console
  const { id, name, role, place, online } = person
  return (
    <li
      class="person"
      data-testid={`person-${id}`}
      data-role={role}
      data-place={place}
      data-online={online}
      data-speaking={speaking}
    >
      <span class="person-lamp" aria-hidden="true" />
      <span class="person-name">
        {name}
        {isMe && <span class="person-me"> · {text.you}</span>}
      </span>
      <span class="person-where" data-testid={`where-${id}`}>
        {role === 'stage-manager' ? '' : `${text.place[place]}, `}
        {speaking ? text.speaks : online ? text.online : text.offline}
      </span>
      <span class="person-links">
        {DIRECTIONS.map((direction) => {
          const link = quality?.[direction]
          return (
            link && <LinkQuality key={direction} person={id} direction={direction} quality={link} />
          )
        })}
      </span>
      {role === 'actor' && (
        <span class="person-tracks">
          {KINDS.map((kind) => (
            <TrackSwitch key={kind} person={person} kind={kind} onMute={onMute} />
          ))}
        </span>
      )}
    </li>
  )
}

interface TrackSwitchProps {
  person: PersonView
  kind: Kind
  onMute: (kind: Kind, muted: boolean) => void
}

function TrackSwitch({ person, kind, onMute }: TrackSwitchProps) {
  const text = useText().console
  const muted = person.muted[kind]
  const live = person.live[kind]
  const label = muted ? text.unmute[kind](person.name) : text.mute[kind](person.name)
  return (
    <button
      type="button"
      class="track-switch"
      aria-label={label}
      title={label}
      aria-pressed={muted}
      data-testid={`mute-${kind}-${person.id}`}
      data-muted={muted}
      data-live={live}
      onClick={() => onMute(kind, !muted)}
    >
      <Icon name={kind === 'audio' ? 'microphone' : 'camera'} off={muted} />
      <span class="track-kind">{text.kind[kind]}</span>
      <span class="track-state">
        {muted ? text.muted : live ? text.live[kind] : text.still[kind]}
      </span>
    </button>
  )
}
