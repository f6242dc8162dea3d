import type { TrackSet } from '../../api/generated/protocol'
import { useText } from '../../i18n/use-text'
import type { House } from '../session/state'

/** What an actor must know at a glance: where they are, who sees them, and what is muted. */
export function StageStatus({ house }: { house: House }) {
  const { actor } = useText()
  const onStage = house.me.place === 'on-stage'
  return (
    <div class="stage-status" role="status">
      <p data-testid="my-place" data-place={house.me.place}>
        {onStage ? actor.onStage : actor.backstage}
      </p>
      <p data-testid="curtain" data-state={house.curtainRaised ? 'raised' : 'lowered'}>
        <span class="lamp" data-lit={house.curtainRaised && onStage} aria-hidden="true" />
        <CurtainText raised={house.curtainRaised} onStage={onStage} />
      </p>
      <MutedByManager muted={house.me.muted} />
    </div>
  )
}

function CurtainText({ raised, onStage }: { raised: boolean; onStage: boolean }) {
  const { actor, curtain } = useText()
  if (!onStage) return <>{raised ? curtain.raised : curtain.lowered}</>
  return <>{raised ? actor.seen : actor.unseen}</>
}

function MutedByManager({ muted }: { muted: TrackSet }) {
  const { mutedByManager } = useText().actor
  if (!muted.audio && !muted.video) return null
  const what = muted.audio && muted.video ? 'both' : muted.audio ? 'audio' : 'video'
  return (
    <p class="muted-by-manager" data-testid="muted-by-manager" data-what={what}>
      {mutedByManager[what]}
    </p>
  )
}
