import type { NoticeText } from '../i18n/messages'
import { Emblem } from './emblem'
import { LanguageSwitch } from './language-switch'

interface NoticeProps {
  testId: string
  text: NoticeText
  /** What the way out does, if there is one. */
  onAction?: () => void
  /** Or where it leads. */
  href?: string
  actionTestId?: string
}

/** A whole page that says kindly what is the matter. */
export function Notice({ testId, text, onAction, href, actionTestId }: NoticeProps) {
  return (
    <main class="notice" data-testid={testId}>
      <div class="page-corner">
        <LanguageSwitch />
      </div>
      <div class="notice-body" role="status">
        <Emblem />
        <h1>{text.title}</h1>
        <p>{text.text}</p>
      </div>
      {onAction && text.action && (
        <button type="button" class="button primary" data-testid={actionTestId} onClick={onAction}>
          {text.action}
        </button>
      )}
      {href && text.action && (
        <a
          class="button primary"
          href={href}
          target="_blank"
          rel="noreferrer"
          data-testid={actionTestId}
        >
          {text.action}
        </a>
      )}
    </main>
  )
}
