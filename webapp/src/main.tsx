import './styles/index.css'
import { render } from 'preact'
import { readLaunch } from './api/launch'
import { App } from './app'
import { exposeProbe } from './features/session/probe'
import { Session } from './features/session/session'
import { language, startLanguage } from './i18n/language'

startLanguage()
if (readLaunch(location.search, location.hash) !== null) {
  // Outside Telegram nobody downloads its SDK. An old Telegram may refuse it; the play goes on.
  import('./features/telegram/telegram')
    .then(({ startTelegram }) => startTelegram())
    .catch((error: unknown) => console.warn('telegram is not available', error))
}

const session = new Session(() => language.value)
exposeProbe(session)
// Pasting another link into the same tab changes only the fragment.
window.addEventListener('hashchange', () => session.start())
session.start()

const root = document.getElementById('app')
if (root !== null) render(<App session={session} />, root)
