import { easel } from './cast.ts'
import { isVisible, slotVideo } from './stats.ts'

/** The colours that actors wear. */
const COLOURS = { red: [200, 30, 30], blue: [30, 30, 200], green: [30, 160, 30] } as const

/** One look at a slot. */
export interface Look {
  person: string | null
  /** What is seen; null while the picture is hidden. */
  colour: string | null
}

const watched = new Map<number, Look[]>()

/** The name of the colour that a slot's picture has in its middle, seen or not. */
export function colourOf(slot: number): string | null {
  const video = slotVideo(slot)
  if (video === null || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return null
  pen ??= easel(1, 1).pen
  const { videoWidth: width, videoHeight: height } = video
  pen.drawImage(video, width / 2, height / 4, 1, 1, 0, 0, 1, 1)
  const [r = 0, g = 0, b = 0] = pen.getImageData(0, 0, 1, 1).data
  const near = Object.entries(COLOURS).find(
    ([, [red, green, blue]]) => Math.abs(red - r) + Math.abs(green - g) + Math.abs(blue - b) < 120,
  )
  return near?.[0] ?? `rgb(${r}, ${g}, ${b})`
}

let pen: CanvasRenderingContext2D | undefined

/** Looks at a slot at every frame of the screen from now on. */
export function watchSlot(slot: number): void {
  const looks: Look[] = []
  watched.set(slot, looks)
  const look = () => {
    const tile = document.querySelector(`[data-testid="slot-${slot}"]`)
    const person = tile?.getAttribute('data-person') ?? null
    const now: Look = { person, colour: isVisible(slot) ? colourOf(slot) : null }
    const last = looks.at(-1)
    if (last?.person !== now.person || last?.colour !== now.colour) looks.push(now)
    requestAnimationFrame(look)
  }
  look()
}

/** Everything that was seen in a slot since it is watched, without repetitions. */
export function looks(slot: number): Look[] {
  return watched.get(slot) ?? []
}
