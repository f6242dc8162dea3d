import { useEffect, useLayoutEffect } from 'preact/hooks'
import type { Role } from './api/generated/protocol'
import { Gate, type Seat } from './features/session/gate'
import type { Session } from './features/session/session'
import { useText } from './i18n/use-text'
import { Console } from './routes/console'
import { Stage } from './routes/stage'
import { Watch } from './routes/watch'

const PAGES: Record<Role, { path: string; page: (seat: Seat) => preact.JSX.Element }> = {
  spectator: { path: '/watch', page: Watch },
  actor: { path: '/stage', page: Stage },
  'stage-manager': { path: '/console', page: Console },
}

/** The whole app: whoever has a seat is shown the page of their role. */
export function App({ session }: { session: Session }) {
  return <Gate session={session}>{(seat) => <PageOfRole key={seat.pass.role} {...seat} />}</Gate>
}

function PageOfRole(seat: Seat) {
  const { app } = useText()
  const { path, page: Page } = PAGES[seat.pass.role]
  const { title } = seat.house.performance
  // The role comes with the link, so a link opened at the wrong door is walked to the right one;
  // before the page is seen, for whoever sees it may reload or share it at once.
  useLayoutEffect(() => {
    if (location.pathname !== path) history.replaceState(null, '', path + location.hash)
  }, [path])
  useEffect(() => {
    document.title = `${title} · ${app.name}`
  }, [title, app])
  return <Page {...seat} />
}
