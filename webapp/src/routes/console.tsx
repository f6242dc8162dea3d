import { Banner } from '../components/banner'
import { LanguageSwitch } from '../components/language-switch'
import { Problem } from '../components/problem'
import { useCommand } from '../components/use-command'
import { CurtainControl } from '../features/console/curtain-control'
import { People } from '../features/console/people'
import { Preview } from '../features/console/preview'
import { useConnectionText } from '../features/house/use-connection-text'
import { useWakeLock } from '../features/house/use-wake-lock'
import type { Seat } from '../features/session/gate'
import { useText } from '../i18n/use-text'

/** The stage manager's page: who is there, what they do, and the curtain. */
export function Console({ engine, room, house, connected }: Seat) {
  const { console: text } = useText()
  const notice = useConnectionText(room, connected)
  const command = useCommand()
  useWakeLock()
  return (
    <main class="console" data-testid="console">
      <header class="bar">
        <div class="bar-title">
          <p class="kicker">{text.kicker}</p>
          <h1 data-testid="title">{house.performance.title}</h1>
        </div>
        <p class="bar-count" data-testid="house-count" data-count={house.count}>
          <span>{text.house}</span> <strong>{house.count}</strong>{' '}
          <span>{text.spectators(house.count)}</span>
        </p>
        <LanguageSwitch />
      </header>
      <div class="console-stage">
        <CurtainControl
          raised={house.curtainRaised}
          busy={command.busy}
          onMove={(raised) =>
            command.run(() => engine.command({ type: 'set_curtain', body: { raised } }))
          }
        />
        <Preview engine={engine} room={room} house={house} />
      </div>
      <People
        people={house.people}
        speaking={house.speaking}
        qualities={house.qualities}
        me={house.me.id}
        onMute={(person, kind, muted) => command.run(() => engine.setMute(person, kind, muted))}
      />
      <Problem text={command.problem} onClose={command.dismiss} />
      <Banner text={notice} />
    </main>
  )
}
