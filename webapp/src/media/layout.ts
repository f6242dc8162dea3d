/** A part of the stage, in percent of its width and height. */
export interface Box {
  left: number
  top: number
  width: number
  height: number
}

/**
 * The shape of a tile that shows a face best, out of a camera's 16:9: what is cut off should be
 * wall at the sides rather than hair above.
 */
const FACE_ASPECT = 1.2

/**
 * Where `count` faces stand on a stage of the given shape (width / height): one fills it, two
 * share a two-shot, three and more form an ensemble. Faces are placed in the order of their
 * slots, and depend on nothing else, so nobody jumps when somebody speaks.
 */
export function arrange(count: number, aspect: number): Box[] {
  if (count <= 0) return []
  const columns = columnsFor(count, aspect)
  const rows = Math.ceil(count / columns)
  const boxes: Box[] = []
  for (let row = 0; row < rows; row++) {
    const inRow = Math.min(columns, count - row * columns)
    // A short last row is centred, its faces as wide as those above.
    const indent = (100 - (inRow * 100) / columns) / 2
    for (let column = 0; column < inRow; column++) {
      boxes.push({
        left: indent + (column * 100) / columns,
        top: (row * 100) / rows,
        width: 100 / columns,
        height: 100 / rows,
      })
    }
  }
  return boxes
}

/** The number of columns at which tiles come nearest to the best shape and leave few gaps. */
function columnsFor(count: number, aspect: number): number {
  let best = 1
  let bestScore = 0
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns)
    const tile = (aspect / columns) * rows
    const shape = Math.min(tile / FACE_ASPECT, FACE_ASPECT / tile)
    const filled = count / (columns * rows)
    const score = shape * (1 + filled)
    if (score > bestScore) {
      best = columns
      bestScore = score
    }
  }
  return best
}
