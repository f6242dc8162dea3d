import type { Kind, PersonId, PersonQuality, PersonView, Role } from '../../api/generated/protocol'
import { useText } from '../../i18n/use-text'
import { PersonRow } from './person-row'

interface PeopleProps {
  people: readonly PersonView[]
  speaking: readonly PersonId[]
  qualities: ReadonlyMap<PersonId, PersonQuality>
  me: PersonId
  onMute: (person: PersonId, kind: Kind, muted: boolean) => void
}

const ROLES: readonly Role[] = ['actor', 'spectator', 'stage-manager']

/** Everybody in the house, by what they do there. */
export function People({ people, speaking, qualities, me, onMute }: PeopleProps) {
  const text = useText().console
  const titles: Record<Role, string> = {
    actor: text.actors,
    spectator: text.audience,
    'stage-manager': text.crew,
  }
  return (
    <div class="people" data-testid="people">
      {ROLES.map((role) => {
        const group = people.filter((person) => person.role === role)
        const present = group.filter(({ online }) => online).length
        return (
          <section key={role} class="people-group" data-testid={`people-${role}`}>
            <h2>
              {titles[role]}
              <span class="people-present">
                {present} / {group.length}
              </span>
            </h2>
            {group.length === 0 ? (
              <p class="people-nobody">{text.nobody}</p>
            ) : (
              <ul>
                {group.map((person) => (
                  <PersonRow
                    key={person.id}
                    person={person}
                    quality={qualities.get(person.id)}
                    isMe={person.id === me}
                    speaking={speaking.includes(person.id)}
                    onMute={(kind, muted) => onMute(person.id, kind, muted)}
                  />
                ))}
              </ul>
            )}
          </section>
        )
      })}
    </div>
  )
}
