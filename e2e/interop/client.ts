import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { within } from '../harness/time.ts'

/** What a client says when it has received enough. */
export interface Received {
  version: string
  /** Whether it decoded what it counts, or counted packets and whole frames. */
  decoded: boolean
  video: number
  audio: number
}

/** Addresses and tokens for one client. */
export interface Doors {
  whip: string
  whep: string
  /** Of an actor, and of a spectator. */
  actor: string
  spectator: string
}

/** A client that is publishing. */
export interface Publishing {
  version: string
  stop(): Promise<void>
}

/** Somebody else's client. */
export interface Client {
  name: string
  publish(doors: Doors): Promise<Publishing>
  subscribe(doors: Doors): Promise<Received>
  close?(): Promise<void>
}

/** A client that is a program: it says in lines of JSON what it does (`interop/`). */
export function program(
  name: string,
  command: readonly [string, ...string[]],
  { relays = false, cwd = '.' }: { relays?: boolean; cwd?: string } = {},
): Client {
  const run = (...more: string[]) => {
    const [file, ...args] = command
    const child = spawn(file, [...args, ...more], { cwd, stdio: ['pipe', 'pipe', 'pipe'] })
    running.add(child)
    // What cannot be started says nothing and ends, like whatever else fails.
    child.once('error', ({ message }) => child.stderr.emit('data', message))
    const end = new Promise<number | null>((resolve) => child.once('close', resolve))
    void end.then(() => running.delete(child))
    return { child, end }
  }
  return {
    name,
    async publish({ whip, whep, actor, spectator }) {
      // Who has no encoder publishes what it watches.
      const { child, end } = run('publish', whip, actor, ...(relays ? [whep, spectator] : []))
      const { version } = (await said(name, child, 'publishing')) as Received
      const stop = async () => {
        child.stdin?.end()
        await within(`the end of ${name}`, end)
      }
      return { version, stop }
    },
    async subscribe({ whep, spectator }) {
      const { child, end } = run('subscribe', whep, spectator)
      const received = (await said(name, child, 'received')) as Received
      const code = await within(`the end of ${name}`, end)
      if (code !== 0) throw new Error(`${name} ended with ${code}`)
      return received
    },
  }
}

/** Waits for the line that tells of an event. */
async function said(name: string, child: ChildProcess, event: string): Promise<unknown> {
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new Error(`${name} has no output`)
  let complaint = ''
  stderr.on('data', (chunk) => {
    complaint = (complaint + String(chunk)).slice(-4_000)
  })
  const read = async () => {
    for await (const line of createInterface({ input: stdout })) {
      if (!line.startsWith('{')) continue
      const message = JSON.parse(line) as { event: string }
      if (message.event === event) return message
    }
    throw new Error(`${name} ended before it was ${event}:\n${complaint}`)
  }
  return within(`${name} ${event}`, read())
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
