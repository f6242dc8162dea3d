// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Sound } from './sound'

const play = vi.fn<() => Promise<void>>()

let sound: Sound
beforeEach(() => {
  play.mockReset().mockResolvedValue()
  vi.spyOn(HTMLMediaElement.prototype, 'play').mockImplementation(play)
  sound = new Sound(2)
})
afterEach(() => sound.dispose())

const element = (slot: number) => {
  const found = document.querySelector<HTMLAudioElement>(`[data-testid="slot-${slot}-audio"]`)
  if (found === null) throw new Error(`no element for slot ${slot}`)
  return found
}
const slot = (number: number, person: string | null, audio = new MediaStream()) => ({
  slot: number,
  person,
  audio,
  video: null,
  receiver: null,
  shown: false,
})
const refuse = () => play.mockRejectedValue(new DOMException('', 'NotAllowedError'))

describe('Sound', () => {
  it('lets those be heard who are in a slot, and nobody else', () => {
    sound.setSlots([slot(0, 'anna'), slot(1, null)])
    expect([element(0).muted, element(1).muted]).toEqual([false, true])
  })

  it('keeps playing the same stream when somebody else comes into the slot', () => {
    const stream = new MediaStream()
    sound.setSlots([slot(0, 'anna', stream)])
    sound.setSlots([slot(0, 'boris', stream)])
    expect(play).toHaveBeenCalledOnce()
  })

  it('says when the browser waits for a gesture, and plays after it', async () => {
    refuse()
    sound.setSlots([slot(0, 'anna')])
    await vi.waitFor(() => expect(sound.blocked.value).toBe(true))
    play.mockResolvedValue()
    sound.unlock()
    await Promise.resolve()
    expect(sound.blocked.value).toBe(false)
  })

  it('notices that an element which played in silence may not be heard', async () => {
    const stream = new MediaStream()
    sound.setSlots([slot(0, null, stream)])
    await Promise.resolve()
    expect(sound.blocked.value).toBe(false)
    refuse()
    sound.setSlots([slot(0, 'anna', stream)])
    await vi.waitFor(() => expect(sound.blocked.value).toBe(true))
  })

  it('does not take a stream that ended for a browser that refuses', async () => {
    play.mockRejectedValue(new DOMException('', 'AbortError'))
    sound.setSlots([slot(0, 'anna')])
    await Promise.resolve()
    expect(sound.blocked.value).toBe(false)
  })

  it('is silent when the listener wants it', () => {
    sound.setMuted(true)
    sound.setSlots([slot(0, 'anna')])
    expect(element(0).muted).toBe(true)
    sound.setMuted(false)
    expect(element(0).muted).toBe(false)
  })

  it('leaves nothing behind', () => {
    sound.dispose()
    expect(document.querySelector('[data-testid="sound"]')).toBeNull()
  })
})
