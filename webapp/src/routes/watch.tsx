import { useEffect, useState } from 'preact/hooks'
import { sessionStorageOrNull } from '../api/device'
import { Banner } from '../components/banner'
import { Foyer } from '../features/foyer/foyer'
import { Auditorium } from '../features/house/auditorium'
import type { Seat } from '../features/session/gate'
import { confirmClosing } from '../features/telegram/closing'
import { useText } from '../i18n/use-text'

/** Who sat inside in this tab. */
const KEY = 'rampa.entered'

/** A spectator's page: the foyer, then the house. */
export function Watch({ engine, room, house, connected }: Seat) {
  const { connection } = useText()
  const [inside, setInside] = useState(() => sessionStorageOrNull()?.getItem(KEY) === house.me.id)

  // A reload brings people back to where they were; only the sound waits for a gesture then.
  useEffect(() => {
    if (inside) engine.enter()
    confirmClosing(inside)
    return () => confirmClosing(false)
  }, [engine, inside])

  const enter = () => {
    engine.sound.unlock()
    engine.enter()
    sessionStorageOrNull()?.setItem(KEY, house.me.id)
    setInside(true)
  }
  const leave = () => {
    engine.leave()
    sessionStorageOrNull()?.removeItem(KEY)
    setInside(false)
  }

  if (inside) {
    return (
      <Auditorium engine={engine} room={room} house={house} connected={connected} onLeave={leave} />
    )
  }
  return (
    <>
      <Foyer
        performance={house.performance}
        curtainRaised={house.curtainRaised}
        count={house.count}
        onEnter={enter}
      />
      <Banner text={connected ? null : connection.lost} />
    </>
  )
}
