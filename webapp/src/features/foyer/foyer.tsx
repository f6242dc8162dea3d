import type { PerformanceView } from '../../api/generated/protocol'
import { Emblem } from '../../components/emblem'
import { LanguageSwitch } from '../../components/language-switch'
import { useReadable } from '../../components/use-readable'
import { language } from '../../i18n/language'
import { useText } from '../../i18n/use-text'
import { SoundCheck } from './sound-check'
import { whenItBegins } from './when'

interface FoyerProps {
  performance: PerformanceView
  curtainRaised: boolean
  count: number
  onEnter: () => void
}

/** Where spectators wait: what is played, when, by whom, and whether they will hear it. */
export function Foyer({ performance, curtainRaised, count, onEnter }: FoyerProps) {
  const { foyer } = useText()
  return (
    <main class="foyer" data-testid="foyer">
      <div class="page-corner">
        <LanguageSwitch />
      </div>
      <Poster performance={performance} />
      <div class="foyer-text">
        <header>
          <p class="kicker">{foyer.kicker}</p>
          <h1 data-testid="title">{performance.title}</h1>
          <p class="foyer-state" role="status" data-testid="foyer-state">
            <span class="lamp" data-lit={curtainRaised} aria-hidden="true" />
            {curtainRaised ? foyer.onNow : foyer.waiting}
          </p>
        </header>
        <Begins performance={performance} />
        {performance.description && <p class="foyer-description">{performance.description}</p>}
        <Cast performance={performance} />
        <SoundCheck />
        <p class="foyer-count" data-testid="house-count">
          {foyer.count(count)}
        </p>
      </div>
      <div class="foyer-door">
        <button
          type="button"
          class="button primary large"
          data-testid="enter-house"
          onClick={onEnter}
        >
          {foyer.enter}
        </button>
      </div>
    </main>
  )
}

function Poster({ performance: { poster, title } }: { performance: PerformanceView }) {
  const { foyer } = useText()
  return (
    <div class="poster">
      {poster === null ? (
        <Emblem />
      ) : (
        <img src={poster} alt={foyer.poster(title)} data-testid="poster" />
      )}
    </div>
  )
}

function Begins({ performance }: { performance: PerformanceView }) {
  const { foyer } = useText()
  const when = whenItBegins(performance.starts_at, performance.time_zone, useReadable(language))
  return (
    <p class="begins">
      <span class="begins-label">{foyer.begins}</span>
      <time dateTime={when.iso} data-testid="starts-at">
        <strong>{when.time}</strong> {when.date}
      </time>
      {when.foreign && <span class="begins-zone">{foyer.houseTime}</span>}
    </p>
  )
}

function Cast({ performance: { cast } }: { performance: PerformanceView }) {
  const { foyer } = useText()
  if (cast.length === 0) return null
  return (
    <section class="cast" data-testid="cast">
      <h2>{foyer.cast}</h2>
      <dl>
        {cast.map(({ name, part }) => (
          <div key={`${name} ${part}`}>
            <dt>{part || '·'}</dt>
            <dd>{name}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
