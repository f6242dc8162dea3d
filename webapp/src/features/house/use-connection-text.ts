import { useReadable } from '../../components/use-readable'
import { useText } from '../../i18n/use-text'
import type { Room } from '../../media/room'

/** What there is to say about the connection. Null: nothing, all is well. */
export function useConnectionText(room: Room, connected: boolean): string | null {
  const { connection } = useText()
  const link = useReadable(room.link)
  const detour = useReadable(room.route.detour)
  const news = useReadable(room.route.news)
  if (!connected) return connection.lost
  if (detour && (link === 'connecting' || link === 'failing')) return connection.detour
  if (link === 'failing') return connection.mediaFailing
  if (link === 'connected' && news !== null) return connection.by[news]
  return null
}
