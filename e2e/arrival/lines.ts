import { EventEmitter, once } from 'node:events'
import { createInterface } from 'node:readline'

/** What the benchmark answers to an offer. */
export type Answer = string

type Line = { publish: string } | { arrive: string } | { seen: object } | 'ready'

const waiting: ((answer: Answer) => void)[] = []
const storm = new EventEmitter()

/** When the audience begins to arrive. */
export const stormBegins = once(storm, 'begins')

/** When all of it is there. */
export const stormIsOver = once(storm, 'over')

createInterface({ input: process.stdin }).on('line', (text) => {
  const line = JSON.parse(text) as { answer: Answer } | { storm: boolean }
  if ('answer' in line) waiting.shift()?.(line.answer)
  else storm.emit(line.storm ? 'begins' : 'over')
})

/** Says something to the benchmark; an offer is answered. */
export function say(line: Line): Promise<Answer> {
  const answer = new Promise<Answer>((resolve) => {
    if (typeof line === 'object' && !('seen' in line)) waiting.push(resolve)
    else resolve('')
  })
  process.stdout.write(`${JSON.stringify(line)}\n`)
  return answer
}
