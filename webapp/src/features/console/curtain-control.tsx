import { useText } from '../../i18n/use-text'

interface CurtainControlProps {
  raised: boolean
  busy: boolean
  onMove: (raised: boolean) => void
}

/** The lever of the curtain: what it is, and what pressing does. */
export function CurtainControl({ raised, busy, onMove }: CurtainControlProps) {
  const text = useText()
  return (
    <section
      class="curtain-control"
      data-testid="curtain"
      data-state={raised ? 'raised' : 'lowered'}
    >
      <div class="curtain-sign" aria-hidden="true">
        <span />
        <span />
      </div>
      <div class="curtain-words">
        <h2>{text.console.curtain}</h2>
        <p role="status">{raised ? text.curtain.raised : text.curtain.lowered}</p>
      </div>
      <button
        type="button"
        class={raised ? 'button large' : 'button primary large'}
        data-testid={raised ? 'lower-curtain' : 'raise-curtain'}
        // Disabled for real, the button would lose the keyboard's focus at every use.
        aria-disabled={busy}
        onClick={() => busy || onMove(!raised)}
      >
        {raised ? text.console.lower : text.console.raise}
      </button>
    </section>
  )
}
