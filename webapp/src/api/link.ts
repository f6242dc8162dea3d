import { readLaunch } from './launch'

const KEY = 'rampa.link'

/** Where a link's secret can be found. */
export interface LinkSources {
  pathname: string
  search: string
  hash: string
  storage: Storage | null
}

/**
 * The secret that this page was opened with: from the fragment, from Telegram's start parameter,
 * or from this tab's memory, which is what makes a reload work inside Telegram. It is never put
 * into a query, a log or a new history entry; the fragment stays, because people copy it.
 */
export function readLink({ pathname, search, hash, storage }: LinkSources): string | null {
  const link = fragmentLink(hash) ?? readLaunch(search, hash)?.startParam ?? null
  if (link) {
    storage?.setItem(KEY, link)
    return link
  }
  // The welcome page is where one goes to be somebody else.
  return pathname === '/' ? null : (storage?.getItem(KEY) ?? null)
}

/** Telegram appends its own parameters to a fragment, after `?` or `&`. */
function fragmentLink(hash: string): string | null {
  const first = hash.replace(/^#/, '').split(/[?&]/, 1)[0] ?? ''
  return first === '' || first.includes('=') ? null : first
}
