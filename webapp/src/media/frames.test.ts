import { describe, expect, it } from 'vitest'
import { age } from './frames'

const receiver = (source: object) =>
  ({ getSynchronizationSources: () => [source] }) as unknown as RTCRtpReceiver
/** A moment of this page as times of capture count. */
const ntp = (moment: number) => performance.timeOrigin + moment + 2_208_988_800_000

describe('age', () => {
  it('goes from the time of capture, by the clock of the house, to the screen', () => {
    const source = {
      rtpTimestamp: 7,
      captureTimestamp: ntp(1_000) - 20,
      senderCaptureTimeOffset: 20,
    }
    expect(age(receiver(source), 7, 1_080)).toBeCloseTo(80)
  })

  it('is not known of another frame, nor without a time of capture', () => {
    expect(age(receiver({ rtpTimestamp: 8, captureTimestamp: ntp(0) }), 7, 80)).toBeUndefined()
    expect(age(receiver({ rtpTimestamp: 7 }), 7, 80)).toBeUndefined()
    expect(age(null, 7, 80)).toBeUndefined()
  })
})
