import type { ComponentChildren } from 'preact'

interface CurtainProps {
  raised: boolean
  /** What is read on the closed curtain. */
  children?: ComponentChildren
}

/** The velvet. It parts in the middle, or fades for those who do not like things to move. */
export function Curtain({ raised, children }: CurtainProps) {
  return (
    <div class="curtain" data-testid="curtain" data-state={raised ? 'raised' : 'lowered'}>
      <div class="curtain-half left" />
      <div class="curtain-half right" />
      <div class="curtain-valance" />
      <div class="curtain-text" aria-hidden={raised}>
        {children}
      </div>
    </div>
  )
}
