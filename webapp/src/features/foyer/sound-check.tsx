import { useState } from 'preact/hooks'
import { Icon } from '../../components/icon'
import { useText } from '../../i18n/use-text'
import { playApplause } from './applause'

type Step = 'untried' | 'playing' | 'asked' | 'heard' | 'unheard'

/** Applause for the one who came, to find out whether the device can be heard. */
export function SoundCheck() {
  const { sound } = useText().foyer
  const [step, setStep] = useState<Step>('untried')

  const play = () => {
    setStep('playing')
    // Without an audio device nothing is heard either, and the advice fits.
    playApplause().then(
      () => setStep('asked'),
      () => setStep('unheard'),
    )
  }

  return (
    <section class="sound-check" data-testid="sound-check" data-step={step}>
      <h2>{sound.title}</h2>
      {step === 'asked' ? (
        <fieldset class="sound-check-question">
          <legend>{sound.question}</legend>
          <button
            type="button"
            class="button"
            data-testid="sound-heard"
            onClick={() => setStep('heard')}
          >
            {sound.yes}
          </button>
          <button
            type="button"
            class="button"
            data-testid="sound-unheard"
            onClick={() => setStep('unheard')}
          >
            {sound.no}
          </button>
        </fieldset>
      ) : (
        <button
          type="button"
          class="button"
          data-testid="sound-play"
          disabled={step === 'playing'}
          onClick={play}
        >
          <Icon name="sound" />
          {step === 'playing' ? sound.playing : sound.play}
        </button>
      )}
      <p class="sound-check-result" role="status">
        {step === 'heard' && sound.good}
        {step === 'unheard' && sound.advice}
      </p>
    </section>
  )
}
