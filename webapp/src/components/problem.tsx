import { useText } from '../i18n/use-text'

/** What did not work, until it is read or something else is tried. */
export function Problem({ text, onClose }: { text: string | null; onClose: () => void }) {
  const { failure } = useText()
  return (
    <div class="problem-region" role="alert">
      {text !== null && (
        <p class="problem" data-testid="problem">
          {text}
          <button type="button" class="button quiet" onClick={onClose}>
            {failure.close}
          </button>
        </p>
      )}
    </div>
  )
}
