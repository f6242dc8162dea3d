import type { ComponentChildren } from 'preact'
import type { SessionResponse } from '../../api/generated/protocol'
import { Notice } from '../../components/notice'
import { useReadable } from '../../components/use-readable'
import { Waiting } from '../../components/waiting'
import { useText } from '../../i18n/use-text'
import type { Engine } from '../../media/engine'
import type { Room } from '../../media/room'
import { Welcome } from '../../routes/welcome'
import type { Session } from './session'
import type { Ending, House } from './state'

/** What a seated page works with. */
export interface Seat {
  engine: Engine
  room: Room
  house: House
  connected: boolean
  pass: SessionResponse
}

interface GateProps {
  session: Session
  children: (seat: Seat) => ComponentChildren
}

/** Shows its children to those who have a seat, and to all others kindly why they have none. */
export function Gate({ session, children }: GateProps) {
  const { gate } = useText()
  const state = useReadable(session.state)
  const engine = useReadable(session.engine)
  switch (state.phase) {
    case 'no-link':
      return <Welcome />
    case 'checking':
      return <Waiting testId="checking" text={gate.checking} />
    case 'unreachable':
      return <Notice testId="unreachable" text={gate.unreachable} />
    case 'ended':
      return <Ended ending={state.ending} session={session} />
    case 'admitted':
      return <Waiting testId="admitted" text={gate.admitted} />
    case 'present': {
      const { house, connected, pass } = state
      const room = engine?.room
      if (!engine || !room) return <Waiting testId="admitted" text={gate.admitted} />
      return <>{children({ engine, room, house, connected, pass })}</>
    }
  }
}

function Ended({ ending, session }: { ending: Ending; session: Session }) {
  const { gate } = useText()
  const back = () => session.returnHere()
  switch (ending) {
    case 'taken-over':
      return (
        <Notice
          testId="taken-over"
          text={gate.takenOver}
          onAction={back}
          actionTestId="return-here"
        />
      )
    case 'revoked':
      return (
        <Notice testId="revoked" text={gate.revoked} onAction={back} actionTestId="try-again" />
      )
    case 'denied':
      return (
        <Notice
          testId="access-denied"
          text={gate.denied}
          onAction={back}
          actionTestId="try-again"
        />
      )
    case 'outdated':
      return (
        <Notice
          testId="outdated"
          text={gate.outdated}
          onAction={() => location.reload()}
          actionTestId="reload"
        />
      )
    case 'unsupported':
      return (
        <Notice
          testId="unsupported"
          text={gate.unsupported}
          href={session.address}
          actionTestId="open-elsewhere"
        />
      )
  }
}
