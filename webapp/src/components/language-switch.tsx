import type { Language } from '../api/generated/protocol'
import { chooseLanguage, language } from '../i18n/language'
import { useText } from '../i18n/use-text'
import { useReadable } from './use-readable'

const LANGUAGES: readonly { code: Language; short: string; name: string }[] = [
  { code: 'ru', short: 'Рус', name: 'Русский' },
  { code: 'en', short: 'Eng', name: 'English' },
]

/** Each language by its own name, so that one finds back from a language one cannot read. */
export function LanguageSwitch() {
  const current = useReadable(language)
  const { app } = useText()
  return (
    <fieldset class="language-switch" data-testid="lang-switch">
      <legend class="visually-hidden">{app.language}</legend>
      {LANGUAGES.map(({ code, short, name }) => (
        <button
          key={code}
          type="button"
          lang={code}
          aria-label={name}
          aria-pressed={code === current}
          data-testid={`lang-${code}`}
          onClick={() => chooseLanguage(code)}
        >
          {short}
        </button>
      ))}
    </fieldset>
  )
}
