import type { Language } from '../api/generated/protocol'
import { useReadable } from '../components/use-readable'
import { en } from './en'
import { language } from './language'
import type { Messages } from './messages'
import { ru } from './ru'

const MESSAGES: Record<Language, Messages> = { ru, en }

/** The texts in the page's language. */
export function useText(): Messages {
  return MESSAGES[useReadable(language)]
}
