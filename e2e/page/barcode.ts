import { easel } from './cast.ts'
import { openMouth } from './sound.ts'

/** Times as black and white cells: 24 bits of time in 0.1 ms, then 8 bits of CRC. */

const CELLS = 32
const TIME_BITS = 24
/** The times that fit, in units; half an hour. */
const RANGE = 2 ** TIME_BITS
const UNITS_PER_MS = 10
const WIDTH = 640
const HEIGHT = 360

/** The clock that all pages of a browser share, in units. */
function now(): number {
  return Math.floor((performance.timeOrigin + performance.now()) * UNITS_PER_MS) % RANGE
}

/** CRC-8 with the polynomial x^8 + x^2 + x + 1; begun with ones, so that black is no time. */
function crc8(value: number): number {
  let crc = 0xff
  for (let bit = TIME_BITS - 1; bit >= 0; bit--) {
    const top = ((crc >> 7) ^ (value >>> bit)) & 1
    crc = ((crc << 1) & 0xff) ^ (top ? 0x07 : 0)
  }
  return crc
}

/** The cells of a time, true for white. */
export function encode(time: number): boolean[] {
  const word = [time >>> 16, (time >>> 8) & 0xff, time & 0xff, crc8(time)]
  return word.flatMap((byte) => Array.from({ length: 8 }, (_, i) => ((byte >> (7 - i)) & 1) === 1))
}

/** The time of cells; null when they are blurred beyond reading. */
export function decode(cells: readonly boolean[]): number | null {
  const bits = (from: number, count: number) =>
    cells.slice(from, from + count).reduce((value, cell) => value * 2 + Number(cell), 0)
  const time = bits(0, TIME_BITS)
  return crc8(time) === bits(TIME_BITS, CELLS - TIME_BITS) ? time : null
}

/** A camera that films a clock, and a mouth that speaks every while. */
export interface Clock {
  stream: MediaStream
  /** When bursts began, in ms of the machine. */
  said: number[]
}

let running: Clock | undefined

/** Squares of grey below the clock, in pixels, and where they begin. */
const SQUARE = 16
const CROWD_TOP = HEIGHT * 0.7

/**
 * Films the clock, `framesPerSecond` times a second. A clock alone is still for an encoder, and a
 * tenth of a megabit carries it; with a `crowd` that moves below it, 30 pictures a second of 360
 * lines take a third of a megabit at least, and a limit is felt.
 */
export async function filmClock(framesPerSecond: number, crowd = false): Promise<MediaStream> {
  const { canvas, pen } = easel(WIDTH, HEIGHT)
  const cell = WIDTH / CELLS
  const stir = () => {
    for (let y = CROWD_TOP; y < HEIGHT; y += SQUARE) {
      for (let x = 0; x < WIDTH; x += SQUARE) {
        pen.fillStyle = `hsl(0 0% ${Math.floor(35 + Math.random() * 30)}%)`
        pen.fillRect(x, y, SQUARE, SQUARE)
      }
    }
  }
  const paint = () => {
    encode(now()).forEach((white, index) => {
      pen.fillStyle = white ? '#fff' : '#000'
      pen.fillRect(index * cell, 0, cell, HEIGHT)
    })
    if (crowd) stir()
  }
  paint()
  setInterval(paint, 1000 / framesPerSecond)
  const [picture] = canvas.captureStream().getTracks()
  if (picture === undefined) throw new Error('no track of the canvas')
  const mouth = await openMouth(true)
  running = { stream: new MediaStream([picture, mouth.track]), said: mouth.times }
  return running.stream
}

/** The clock that {@link filmClock} films. */
export function clock(): Clock {
  if (running === undefined) throw new Error('no clock runs here')
  return running
}

/** What one way has delivered. */
export interface Reading {
  /** From the canvas to the screen, in ms, frame by frame. */
  delays: number[]
  unreadable: number
  /** When frames were shown, in ms of the page's clock. */
  shown: number[]
  /** From when to when this was read, by the same clock. */
  span: [number, number]
  /** Frames by their number of lines. */
  lines: Record<number, number>
}

function nothingRead(): Reading {
  const now = performance.now()
  return { delays: [], unreadable: 0, shown: [], span: [now, now], lines: {} }
}

const readings = new Map<string, Reading>()

/** Reads the clock off every frame that `video` shows, under a name, and says each delay. */
export function readClock(
  name: string,
  video: HTMLVideoElement,
  say: (delay: number) => void = () => {},
): void {
  readings.set(name, nothingRead())
  const eye = easel(CELLS, 1).pen
  // The middle of each cell alone, not a mixture of neighbours.
  eye.imageSmoothingEnabled = false
  const look = () => {
    const at = now()
    const reading = readings.get(name) ?? nothingRead()
    reading.shown.push(performance.now())
    reading.lines[video.videoHeight] = (reading.lines[video.videoHeight] ?? 0) + 1
    eye.drawImage(video, 0, video.videoHeight / 2, video.videoWidth, 1, 0, 0, CELLS, 1)
    const { data } = eye.getImageData(0, 0, CELLS, 1)
    const time = decode(Array.from({ length: CELLS }, (_, i) => (data[i * 4 + 1] ?? 0) > 128))
    if (time === null) reading.unreadable++
    else {
      const delay = ((at - time + RANGE) % RANGE) / UNITS_PER_MS
      reading.delays.push(delay)
      say(delay)
    }
    video.requestVideoFrameCallback(look)
  }
  video.requestVideoFrameCallback(look)
}

/** How many times were read under a name since it was last asked for. */
export function readSoFar(name: string): number {
  return readings.get(name)?.delays.length ?? 0
}

/** What was read under a name since it was last asked for. */
export function takeReading(name: string): Reading {
  const reading = readings.get(name) ?? nothingRead()
  const next = nothingRead()
  reading.span[1] = next.span[0]
  readings.set(name, next)
  return reading
}
