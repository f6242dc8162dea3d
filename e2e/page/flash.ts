import { easel } from './cast.ts'
import { openEar, openMouth } from './sound.ts'

const WIDTH = 640
const HEIGHT = 360
const FRAMES_PER_SECOND = 15
/** Between two flashes; far more than any delay that is measured, so that none is mistaken. */
const PERIOD_MS = 1200
const FLASH_MS = 300

/** The stream of the flashing page, for a second way to the same eyes and ears. */
let flashing: MediaStream | undefined

/** A dark picture and silence, and every while a flash and a beep at once. */
export async function flashAndBeep(): Promise<MediaStream> {
  const mouth = await openMouth(false)
  const { canvas, pen } = easel(WIDTH, HEIGHT)
  let litUntil = 0
  const paint = () => {
    pen.fillStyle = performance.now() < litUntil ? '#fff' : '#200'
    pen.fillRect(0, 0, WIDTH, HEIGHT)
  }
  paint()
  setInterval(paint, 1000 / FRAMES_PER_SECOND)
  setInterval(() => {
    litUntil = performance.now() + FLASH_MS
    paint()
    mouth.say()
  }, PERIOD_MS)
  const [picture] = canvas.captureStream(FRAMES_PER_SECOND).getTracks()
  if (picture === undefined) throw new Error('no track of the canvas')
  flashing = new MediaStream([picture, mouth.track])
  return flashing
}

/** The stream that {@link flashAndBeep} made. */
export function flashes(): MediaStream {
  if (flashing === undefined) throw new Error('nothing flashes here')
  return flashing
}

/** When flashes were seen and beeps heard, in ms of the machine. */
export interface Witness {
  seen: number[]
  heard: number[]
}

const witnesses = new Map<string, Witness>()

/** Takes down what comes on `video` and `stream`, under a name. */
export async function witness(
  name: string,
  video: HTMLVideoElement,
  stream: MediaStream,
): Promise<void> {
  const seen: number[] = []
  witnesses.set(name, { seen, heard: await openEar(stream) })
  const eye = easel(1, 1).pen
  let wasLit = false
  const look = () => {
    eye.drawImage(video, 0, 0, 1, 1)
    const [, green = 0] = eye.getImageData(0, 0, 1, 1).data
    const lit = green > 128
    if (lit && !wasLit) seen.push(Date.now())
    wasLit = lit
    video.requestVideoFrameCallback(look)
  }
  video.requestVideoFrameCallback(look)
}

/** What was taken down under a name. */
export function testimony(name: string): Witness {
  return witnesses.get(name) ?? { seen: [], heard: [] }
}

/** By how much beeps come after their flashes, in ms, flash by flash. */
export function skews({ seen, heard }: Witness): number[] {
  return seen.flatMap((flash) => {
    const nearest = heard.toSorted((a, b) => Math.abs(a - flash) - Math.abs(b - flash))[0]
    const skew = (nearest ?? Number.POSITIVE_INFINITY) - flash
    return Math.abs(skew) < PERIOD_MS / 2 ? [skew] : []
  })
}
