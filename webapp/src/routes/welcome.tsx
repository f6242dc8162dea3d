import { Emblem } from '../components/emblem'
import { LanguageSwitch } from '../components/language-switch'
import { useText } from '../i18n/use-text'

/** For those who come without a link. */
export function Welcome() {
  const { app, welcome } = useText()
  return (
    <main class="notice welcome" data-testid="welcome">
      <div class="page-corner">
        <LanguageSwitch />
      </div>
      <div class="notice-body">
        <Emblem />
        <h1>{app.name}</h1>
        <p class="welcome-lead">{welcome.lead}</p>
        <hr />
        <p>{welcome.text}</p>
        <p class="welcome-hint">{welcome.hint}</p>
      </div>
    </main>
  )
}
