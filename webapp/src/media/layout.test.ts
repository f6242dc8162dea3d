import { describe, expect, it } from 'vitest'
import { arrange, type Box } from './layout'

const PHONE = 390 / 844
const DESKTOP = 1440 / 900

const overlap = (a: Box, b: Box) =>
  a.left < b.left + b.width - 1e-6 &&
  b.left < a.left + a.width - 1e-6 &&
  a.top < b.top + b.height - 1e-6 &&
  b.top < a.top + a.height - 1e-6

describe('arrange', () => {
  it('leaves an empty stage empty', () => {
    expect(arrange(0, DESKTOP)).toEqual([])
  })

  it.each([PHONE, 1, DESKTOP])('gives one face the whole stage (%d)', (aspect) => {
    expect(arrange(1, aspect)).toEqual([{ left: 0, top: 0, width: 100, height: 100 }])
  })

  it('makes a two-shot side by side on a wide stage', () => {
    expect(arrange(2, DESKTOP)).toEqual([
      { left: 0, top: 0, width: 50, height: 100 },
      { left: 50, top: 0, width: 50, height: 100 },
    ])
  })

  it('makes a two-shot one above the other on a phone', () => {
    expect(arrange(2, PHONE)).toEqual([
      { left: 0, top: 0, width: 100, height: 50 },
      { left: 0, top: 50, width: 100, height: 50 },
    ])
  })

  it('centres a short last row', () => {
    const [, , third] = arrange(3, DESKTOP)
    expect(third).toEqual({ left: 25, top: 50, width: 50, height: 50 })
  })

  it('sets six in two columns on a phone and in three on a wide stage', () => {
    expect(new Set(arrange(6, PHONE).map(({ left }) => left)).size).toBe(2)
    expect(new Set(arrange(6, DESKTOP).map(({ left }) => left)).size).toBe(3)
  })

  it.each(
    [1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((count) =>
      [0.3, PHONE, 1, DESKTOP, 3].map((aspect) => ({ count, aspect })),
    ),
  )('keeps $count faces on the stage and apart ($aspect)', ({ count, aspect }) => {
    const boxes = arrange(count, aspect)
    expect(boxes).toHaveLength(count)
    for (const [i, box] of boxes.entries()) {
      expect(box.left).toBeGreaterThanOrEqual(0)
      expect(box.top).toBeGreaterThanOrEqual(0)
      expect(box.left + box.width).toBeLessThanOrEqual(100 + 1e-6)
      expect(box.top + box.height).toBeLessThanOrEqual(100 + 1e-6)
      for (const other of boxes.slice(i + 1)) expect(overlap(box, other)).toBe(false)
    }
  })
})
