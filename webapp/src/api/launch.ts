/** What Telegram says when it opens the page, as far as it matters before its SDK is loaded. */
export interface Launch {
  /** `startapp` of the link that opened the Mini App. */
  startParam: string | null
  /** The language of the person's Telegram. */
  language: string | null
}

/** Reads Telegram's launch parameters; null outside Telegram. */
export function readLaunch(search: string, hash: string): Launch | null {
  const query = new URLSearchParams(search)
  const fragment = new URLSearchParams(hash.slice(hash.search(/[#?&]tgWebApp/) + 1))
  const initData = fragment.get('tgWebAppData')
  const inside = fragment.has('tgWebAppPlatform') || initData !== null
  const startParam = fragment.get('tgWebAppStartParam') ?? query.get('tgWebAppStartParam')
  if (!inside && startParam === null) return null
  const data = new URLSearchParams(initData ?? '')
  return {
    startParam: startParam ?? data.get('start_param'),
    language: languageOf(data.get('user')),
  }
}

function languageOf(user: string | null): string | null {
  try {
    const { language_code: code } = JSON.parse(user ?? '{}') as { language_code?: unknown }
    return typeof code === 'string' ? code : null
  } catch {
    return null
  }
}
