import { localStorageOrNull } from '../api/device'
import type { Language } from '../api/generated/protocol'
import { readLaunch } from '../api/launch'
import { Observable } from '../media/observable'

const KEY = 'rampa.language'

/** The language of the page. */
export const language = new Observable<Language>('ru')

/** What was chosen here, or what Telegram or the browser speaks. */
export function detectLanguage(
  chosen: string | null | undefined,
  telegram: string | null | undefined,
  browser: string,
): Language {
  const tag = chosen ?? telegram ?? browser
  // As the server has it: whoever does not read English reads Russian.
  return tag.slice(0, 2).toLowerCase() === 'en' ? 'en' : 'ru'
}

/** Finds the language out, once, before the first picture. */
export function startLanguage(): void {
  const chosen = localStorageOrNull()?.getItem(KEY)
  const telegram = readLaunch(location.search, location.hash)?.language
  apply(detectLanguage(chosen, telegram, navigator.language))
}

/** The person wants another language, here and next time. */
export function chooseLanguage(next: Language): void {
  localStorageOrNull()?.setItem(KEY, next)
  apply(next)
}

function apply(next: Language): void {
  document.documentElement.lang = next
  language.set(next)
}
