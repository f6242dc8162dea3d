import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'

/** What an open house prints. */
export interface Programme {
  /** Where pages are. */
  origin: string
  port: number
  mediaPort: number
  actor: string
  spectators: [string, string]
  stageManager: string
}

/** Reads the programme to its last line; rejects when the process ends before. */
export async function readProgramme({ stdout }: ChildProcess): Promise<Programme> {
  if (stdout === null) throw new Error('the house has no standard output')
  const lines: string[] = []
  for await (const line of createInterface({ input: stdout })) {
    lines.push(line)
    if (line.includes('Ctrl-C')) {
      stdout.resume()
      return parse(lines.join('\n'))
    }
  }
  throw new Error(`the house did not open; it said:\n${lines.join('\n')}`)
}

function parse(text: string): Programme {
  const house = new URL(one(text, /^.*(?:Дом|House).*?(https?:\/\/\S+)$/m))
  const [first, second] = [...text.matchAll(/https?:\/\/\S+\/watch#\S+/g)].map(([link]) => link)
  if (first === undefined || second === undefined) throw new Error(`no two tickets in:\n${text}`)
  return {
    origin: house.origin,
    port: Number(house.port),
    mediaPort: Number(one(text, /udp \S*:(\d+)/)),
    actor: one(text, /(https?:\/\/\S+\/stage#\S+)/),
    spectators: [first, second],
    stageManager: one(text, /(https?:\/\/\S+\/console#\S+)/),
  }
}

function one(text: string, pattern: RegExp): string {
  const found = text.match(pattern)?.[1]
  if (found === undefined) throw new Error(`nothing like ${pattern} in:\n${text}`)
  return found
}
