/** Streams that take the place of camera and microphone. */

const FRAMES_PER_SECOND = 15

/** What makes streams; kept, so that nothing of it is collected in mid-play. */
const kept: unknown[] = []

/** A picture of one colour, with something that moves in it, and a steady tone. */
export function actor(colour: string, hertz = 440, height = 360): MediaStream {
  const context = new AudioContext()
  const picture = painted(colour, (height * 16) / 9, height)
  return new MediaStream([...picture.getTracks(), ...tone(context, hertz).getTracks()])
}

/** A voice without a picture. */
export function voice(hertz = 440): MediaStream {
  return tone(new AudioContext(), hertz)
}

function painted(colour: string, width: number, height: number): MediaStream {
  const { canvas, pen } = easel(width, height)
  let step = 0
  const paint = () => {
    pen.fillStyle = colour
    pen.fillRect(0, 0, width, height)
    pen.fillStyle = '#000'
    pen.fillRect((step++ * 8) % width, height - 24, 24, 24)
  }
  paint()
  kept.push(setInterval(paint, 1000 / FRAMES_PER_SECOND))
  return canvas.captureStream(FRAMES_PER_SECOND)
}

function tone(context: AudioContext, hertz: number): MediaStream {
  const oscillator = new OscillatorNode(context, { frequency: hertz })
  const gain = new GainNode(context, { gain: 0.25 })
  const out = context.createMediaStreamDestination()
  oscillator.connect(gain).connect(out)
  oscillator.start()
  kept.push(context, oscillator)
  return out.stream
}

/** A canvas that is on no screen, and the way to paint on it. */
export function easel(width: number, height: number) {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  const pen = canvas.getContext('2d', { alpha: false, willReadFrequently: true })
  if (pen === null) throw new Error('this browser has no canvas')
  kept.push(canvas)
  return { canvas, pen }
}
