/** A discreet line over whatever goes on. The region stays, so that its text is read out. */
export function Banner({ text }: { text: string | null }) {
  return (
    <div class="banner-region" role="status">
      {text !== null && (
        <p class="banner" data-testid="connection-banner">
          <span class="banner-lamp" aria-hidden="true" />
          {text}
        </p>
      )}
    </div>
  )
}
