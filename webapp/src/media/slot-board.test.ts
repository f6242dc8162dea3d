import { describe, expect, it } from 'vitest'
import type { Frame } from './frames'
import { SlotBoard } from './slot-board'

const media = (slot: number) => ({ slot, audio: null, video: null, receiver: null })
const view = (slot: number, person: string, video_rtp: number | null = 100) => ({
  slot,
  person,
  video_rtp,
})

const frame = (rtp: number, delay?: number): Frame => ({ rtp, delay })

describe('SlotBoard', () => {
  it('lists the slots that the connection has, in order, and ignores others', () => {
    const board = new SlotBoard('me')
    board.setViews([view(0, 'anna'), view(7, 'boris')])
    board.setMedia([media(1), media(0)])
    expect(board.slots.value.map(({ slot, person }) => [slot, person])).toEqual([
      [0, 'anna'],
      [1, null],
    ])
  })

  it('leaves out oneself', () => {
    const board = new SlotBoard('anna')
    board.setMedia([media(0), media(1)])
    board.setViews([view(0, 'anna'), view(1, 'boris')])
    expect(board.slots.value.map(({ person }) => person)).toEqual([null, 'boris'])
  })

  it('shows who was there before the connection by the first frame', () => {
    const board = new SlotBoard('me')
    board.setViews([view(0, 'anna', 0)])
    board.setMedia([media(0)])
    board.onFrame(0, frame(0xf000_0000))
    expect(board.slots.value[0]?.shown).toBe(true)
  })

  it('tells its watchers of frames only when they change what is seen', () => {
    const board = new SlotBoard('me')
    board.setMedia([media(0)])
    board.setViews([view(0, 'anna', 100)])
    let told = 0
    board.slots.subscribe(() => told++)
    for (const rtp of [50, 80, 100, 130, 160]) board.onFrame(0, frame(rtp))
    expect(told).toBe(1)
  })

  it('keeps the others as they are when one leaves', () => {
    const board = new SlotBoard('me')
    board.setMedia([media(0), media(1)])
    board.setViews([view(0, 'anna'), view(1, 'boris')])
    board.onFrame(0, frame(100))
    board.onFrame(1, frame(100))
    board.setViews([view(1, 'boris')])
    expect(board.slots.value.map(({ person, shown }) => [person, shown])).toEqual([
      [null, false],
      ['boris', true],
    ])
  })

  it('remembers how old the last frame of a slot was, until the connection is another', () => {
    const board = new SlotBoard('me')
    board.setMedia([])
    board.onFrame(0, frame(1, 80))
    board.onFrame(0, frame(2, 90))
    board.onFrame(1, frame(2))
    expect([...board.delays]).toEqual([[0, 90]])
    board.setMedia([])
    expect(board.delays.size).toBe(0)
  })
})
