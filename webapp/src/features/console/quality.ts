import type { LinkQuality, Trouble } from '../../api/generated/protocol'
import type { Messages } from '../../i18n/messages'

/** Which way media goes: from a person to the house, or to them. */
export type Direction = 'uplink' | 'downlink'

/** How many of four bars are lit. */
export type Level = 1 | 2 | 3 | 4

/** The worse of picture and sound, in tenths; null when neither flows. */
export function score({ audio, video }: LinkQuality): number | null {
  if (audio === null) return video
  return video === null ? audio : Math.min(audio, video)
}

/** Steps of ITU-T G.107 annex B: all satisfied, some not, many not, nearly nobody. */
export function level(tenths: number): Level {
  if (tenths >= 40) return 4
  if (tenths >= 36) return 3
  return tenths >= 31 ? 2 : 1
}

/** What is wrong, in words. */
export function describe(
  text: Messages['console']['quality'],
  direction: Direction,
  trouble: Trouble,
): string {
  switch (trouble.type) {
    case 'loss':
      return text.loss(trouble.percent)
    case 'delay':
      return text.delay(trouble.ms)
    case 'freezes':
      return text.freezes(trouble.percent)
    case 'small':
      return text.small[direction](trouble.kbps)
    case 'dark':
      return text.dark(trouble.kbps)
  }
}
