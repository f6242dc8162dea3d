import { EventEmitter, once } from 'node:events'
import { createInterface } from 'node:readline'

/** What the benchmark answers to an offer. */
export type Answer = string

type Question = { publish: string } | { arrive: string }
type Statement = { seen: object } | 'ready'

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

/** Makes the benchmark an offer, which it answers. */
export function ask(line: Question): Promise<Answer> {
  const answer = new Promise<Answer>((resolve) => waiting.push(resolve))
  tell(line)
  return answer
}

/** Tells the benchmark something. */
export function tell(line: Question | Statement): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
