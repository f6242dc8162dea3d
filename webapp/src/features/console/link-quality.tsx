import type { PersonId, LinkQuality as Quality } from '../../api/generated/protocol'
import { useReadable } from '../../components/use-readable'
import { language } from '../../i18n/language'
import { useText } from '../../i18n/use-text'
import { type Direction, describe, level, score } from './quality'

interface LinkQualityProps {
  person: PersonId
  direction: Direction
  quality: Quality
}

const BARS = [1, 2, 3, 4] as const
const ARROWS: Record<Direction, string> = { uplink: '↑', downlink: '↓' }

/** Bars and a score for one direction of a person's link, and what is wrong with it. */
export function LinkQuality({ person, direction, quality }: LinkQualityProps) {
  const text = useText().console.quality
  const locale = useReadable(language)
  const tenths = score(quality)
  if (tenths === null) return null
  const lit = level(tenths)
  const oneDigit = { minimumFractionDigits: 1, maximumFractionDigits: 1 }
  const number = new Intl.NumberFormat(locale, oneDigit).format(tenths / 10)
  const troubles = quality.troubles.map((trouble) => describe(text, direction, trouble))
  const words = troubles.length > 0 ? troubles.join('; ') : text.fine
  const label = `${text.direction[direction]}: ${number}. ${words}`
  return (
    <span
      class="link-quality"
      data-testid={`${direction}-${person}`}
      data-score={tenths}
      data-level={lit}
      title={label}
    >
      <span class="visually-hidden">{label}</span>
      <span class="link-meter" aria-hidden="true">
        {ARROWS[direction]}
        <svg class="link-bars" viewBox="0 0 22 16" aria-hidden="true" focusable="false">
          {BARS.map((bar) => (
            <rect
              key={bar}
              class={bar <= lit ? 'lit' : ''}
              x={6 * (bar - 1)}
              y={16 - 4 * bar}
              width="4"
              height={4 * bar}
              rx="1"
            />
          ))}
        </svg>
        {number}
      </span>
      {troubles.length > 0 && (
        <span class="link-trouble" aria-hidden="true">
          {troubles[0]}
        </span>
      )}
    </span>
  )
}
