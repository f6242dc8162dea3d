import { useEffect } from 'preact/hooks'
import { Banner } from '../components/banner'
import { LanguageSwitch } from '../components/language-switch'
import { Problem } from '../components/problem'
import { useCommand } from '../components/use-command'
import { useReadable } from '../components/use-readable'
import { Controls } from '../features/actor/controls'
import { OnStage } from '../features/actor/on-stage'
import { StageStatus } from '../features/actor/stage-status'
import { Wings } from '../features/actor/wings'
import { TapForSound } from '../features/house/tap-for-sound'
import { useConnectionText } from '../features/house/use-connection-text'
import { useWakeLock } from '../features/house/use-wake-lock'
import type { Seat } from '../features/session/gate'
import { confirmClosing } from '../features/telegram/closing'
import { useText } from '../i18n/use-text'

/** An actor's page: the stage door, the wings, the stage. */
export function Stage({ engine, room, house, connected }: Seat) {
  const { actor, foyer } = useText()
  const { capture, performer, sound } = engine
  const state = useReadable(capture.state)
  const dark = useReadable(performer.selfMute).video
  const notice = useConnectionText(room, connected)
  const command = useCommand()
  const onStage = house.me.place === 'on-stage'
  useWakeLock()

  const open = () => {
    sound.unlock()
    engine.enter()
    void capture.open()
  }
  // Whoever is on stage already has only reloaded the page: back to work without a word.
  useEffect(() => {
    if (onStage && capture.state.value.phase === 'idle') {
      engine.enter()
      void capture.open()
    }
    confirmClosing(onStage)
    return () => confirmClosing(false)
  }, [onStage, engine, capture])

  const shared = { engine, room, house, dark, onOpen: open }
  return (
    <main class="actor" data-testid="actor" data-place={house.me.place}>
      <header class="bar">
        <div class="bar-title">
          <p class="kicker">{actor.kicker}</p>
          <h1 data-testid="title">{house.performance.title}</h1>
        </div>
        <p class="bar-count" data-testid="house-count" data-count={house.count}>
          {foyer.count(house.count)}
        </p>
        <LanguageSwitch />
      </header>
      <StageStatus house={house} />
      {onStage && state.phase === 'ready' ? (
        <OnStage {...shared} capture={state} />
      ) : (
        <Wings {...shared} capture={state} />
      )}
      <Problem text={command.problem} onClose={command.dismiss} />
      {state.phase === 'ready' && (
        <Controls
          performer={performer}
          capture={state}
          onStage={onStage}
          busy={command.busy}
          onTake={() => command.run(() => performer.takeStage())}
          onLeave={() => command.run(() => performer.leaveStage())}
        />
      )}
      <TapForSound sound={sound} />
      <Banner text={notice} />
    </main>
  )
}
