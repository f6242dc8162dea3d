// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Slot } from './slot-board'
import { SlotSizes } from './slot-sizes'

let resized: () => void

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal(
    'ResizeObserver',
    class {
      constructor(callback: () => void) {
        resized = callback
      }
      observe() {}
      unobserve() {}
      disconnect() {}
    },
  )
  vi.stubGlobal('devicePixelRatio', 2)
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

/** Two slots with somebody in each, shown by elements without a size. */
function setUp() {
  const say = vi.fn()
  const sizes = new SlotSizes(say)
  const heights = [0, 0]
  const stops = heights.map((_, slot) => {
    const element = document.createElement('video')
    Object.defineProperty(element, 'clientHeight', { get: () => heights[slot] })
    return sizes.observe(slot, element)
  })
  const occupy = (...occupied: number[]) => {
    const person = (slot: number) => (occupied.includes(slot) ? `person-${slot}` : null)
    sizes.setSlots([0, 1].map((slot) => ({ slot, person: person(slot) }) as Slot))
  }
  occupy(0, 1)
  const resize = (slot: number, height: number) => {
    heights[slot] = height
    resized()
  }
  const look = (visibility: 'hidden' | 'visible') => {
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(visibility)
    document.dispatchEvent(new Event('visibilitychange'))
  }
  const said = () => say.mock.calls.map(([slots]) => slots.map(heightIn))
  const pass = (ms: number) => vi.advanceTimersByTime(ms)
  return { sizes, say, said, occupy, resize, look, pass, stops }
}

function heightIn({ slot, height }: { slot: number; height: number }): string {
  return `${slot}:${height}`
}

describe('the sizes of slots', () => {
  it('are said in physical pixels, once a burst', () => {
    const { say, resize, pass } = setUp()
    resize(0, 100)
    pass(200)
    resize(0, 180)
    pass(200)
    resize(1, 90)
    pass(249)
    expect(say).not.toHaveBeenCalled()
    pass(1)
    const slots = [
      { slot: 0, height: 368 },
      { slot: 1, height: 192 },
    ]
    expect(say).toHaveBeenCalledExactlyOnceWith(slots)
  })

  it('are nothing for somebody who is not displayed, and left out for nobody', () => {
    const { said, occupy, resize, pass } = setUp()
    resize(0, 180)
    pass(1_000)
    expect(said()).toEqual([['0:368', '1:0']])
    occupy(0)
    pass(1_000)
    expect(said()).toEqual([['0:368', '1:0'], ['0:368']])
    occupy()
    pass(1_000)
    expect(said().at(-1)).toEqual([])
  })

  it('are not said when nothing changed that matters', () => {
    const { say, resize, pass } = setUp()
    resize(0, 180)
    pass(1_000)
    resize(0, 181)
    pass(1_000)
    expect(say).toHaveBeenCalledTimes(1)
  })

  it('are said once a second at most, and then as they are', () => {
    const { said, occupy, resize, pass } = setUp()
    occupy(0)
    resize(0, 180)
    pass(250)
    resize(0, 90)
    pass(300)
    resize(0, 40)
    pass(699)
    expect(said()).toEqual([['0:368']])
    pass(1)
    expect(said()).toEqual([['0:368'], ['0:80']])
  })

  it('follow the window to a screen of other pixels', () => {
    const { said, occupy, resize, pass } = setUp()
    occupy(0)
    resize(0, 160)
    pass(1_000)
    vi.stubGlobal('devicePixelRatio', 1)
    window.dispatchEvent(new Event('resize'))
    pass(1_000)
    expect(said()).toEqual([['0:320'], ['0:160']])
  })

  it('are said anew to a house that has forgotten, however soon', () => {
    const { sizes, said, occupy, resize, pass } = setUp()
    occupy()
    sizes.repeat()
    expect(said()).toEqual([])
    occupy(0)
    resize(0, 180)
    pass(250)
    sizes.repeat()
    expect(said()).toEqual([['0:368'], ['0:368']])
  })

  it('need not rest before a new connection hears of them', () => {
    const { sizes, said, occupy, resize, pass } = setUp()
    occupy(0)
    resize(0, 180)
    pass(250)
    occupy()
    sizes.repeat()
    occupy(0)
    pass(250)
    expect(said()).toEqual([['0:368'], ['0:368']])
  })

  it('say nothing after the end', () => {
    const { sizes, say, resize, pass, stops } = setUp()
    resize(0, 180)
    sizes.dispose()
    // Pages let go of their elements later.
    for (const stop of stops) stop()
    pass(10_000)
    expect(say).not.toHaveBeenCalled()
  })

  it('are not said by a browser that does not tell of them', () => {
    // Without it there is no news, and what is known would soon be wrong.
    Reflect.deleteProperty(window, 'ResizeObserver')
    const { sizes, say, occupy, look, pass } = setUp()
    occupy(0)
    sizes.repeat()
    look('hidden')
    pass(10_000)
    expect(say).not.toHaveBeenCalled()
  })
})

describe('a page that nobody looks at', () => {
  it('shows nothing after a while, and all of it at once when it is back', () => {
    const { said, occupy, resize, look, pass } = setUp()
    occupy(0)
    resize(0, 180)
    pass(1_000)
    look('hidden')
    pass(4_999)
    look('visible')
    pass(10_000)
    expect(said()).toEqual([['0:368']])
    look('hidden')
    pass(4_999)
    expect(said()).toHaveLength(1)
    pass(1)
    look('visible')
    expect(said()).toEqual([['0:368'], ['0:0', '1:0'], ['0:368']])
  })

  it('has no picture for those who come meanwhile', () => {
    const { said, occupy, resize, look, pass } = setUp()
    occupy()
    look('hidden')
    pass(5_000)
    occupy(0)
    resize(0, 180)
    pass(1_000)
    expect(said()).toEqual([['0:0', '1:0']])
  })

  it('shows nothing when it was opened behind another', () => {
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
    const { said, resize, pass } = setUp()
    resize(0, 180)
    resize(1, 180)
    pass(5_000)
    expect(said().at(-1)).toEqual(['0:0', '1:0'])
  })
})
