import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Role } from '../../webapp/src/api/generated/protocol.ts'
import { artefact } from './artefacts.ts'
import type { Network } from './network.ts'
import { type Programme, readProgramme } from './programme.ts'
import { PATIENCE_MS, within } from './time.ts'

/** The program under test. */
const BINARY = resolve(process.env.RAMPA_BIN ?? '../target/debug/rampa')

/** What is particular about a house. */
export interface HouseOptions {
  /** The name of its log. */
  name: string
  /** More settings, as `RAMPA__…` variables. */
  env?: Record<string, string>
  /** The network that it stands in; this machine's, when none is given. */
  network?: Network | undefined
}

/** `rampa up --demo` in a process and a directory of its own. */
export class House {
  programme: Programme
  readonly #name: string
  readonly #directory: string
  readonly #network: Network | undefined
  #env: NodeJS.ProcessEnv
  #process: ChildProcess

  private constructor(
    { name, network }: HouseOptions,
    directory: string,
    env: NodeJS.ProcessEnv,
    opened: Opened,
  ) {
    this.#name = name
    this.#network = network
    this.#directory = directory
    this.#env = env
    this.#process = opened.process
    this.programme = opened.programme
  }

  /** Opens a house on ports that the system chooses. */
  static async open(options: HouseOptions): Promise<House> {
    const { name, env: more = {}, network } = options
    const directory = await mkdtemp(join(tmpdir(), 'rampa-e2e-'))
    await rm(await artefact(`${name}.log`), { force: true })
    const env = {
      ...withoutSettings(process.env),
      NO_COLOR: '1',
      RAMPA__DATA_DIR: join(directory, 'data'),
      RAMPA__HTTP__LISTEN: '127.0.0.1:0',
      // Browsers gather no loopback candidate, so the machine's own address is advertised.
      RAMPA__SFU__LISTEN: '0.0.0.0:0',
      RAMPA__TURN__LISTEN: '0.0.0.0:0',
      ...more,
    }
    return new House(options, directory, env, await start(name, directory, env, network))
  }

  get origin(): string {
    return this.programme.origin
  }

  /** Links for people who are not in the programme. */
  links(role: Role, count = 1): Promise<string[]> {
    return this.#people('links', role, count)
  }

  /** Session tokens, as WHIP and WHEP clients take them. */
  tokens(role: Role, count = 1): Promise<string[]> {
    return this.#people('token', role, count)
  }

  /** Ends the process without a word of warning. */
  async kill(): Promise<void> {
    await end(this.#process, 'SIGKILL')
  }

  /** Opens the house again, on the same data and the same ports. */
  async reopen(): Promise<void> {
    const { port, mediaPort } = this.programme
    this.#env = {
      ...this.#env,
      RAMPA__HTTP__LISTEN: `127.0.0.1:${port}`,
      RAMPA__SFU__LISTEN: `0.0.0.0:${mediaPort}`,
    }
    const opened = await start(this.#name, this.#directory, this.#env, this.#network)
    this.#process = opened.process
    this.programme = opened.programme
  }

  /** Ends the house as Ctrl-C does, and looks whether it ended well. */
  async close(): Promise<void> {
    const code = await end(this.#process, 'SIGTERM')
    await rm(this.#directory, { recursive: true, force: true })
    if (code !== 0) throw new Error(`the house ended with code ${code}, see its log`)
  }

  async #people(command: 'links' | 'token', role: Role, count: number): Promise<string[]> {
    const args = [command, '--performance', 'demo', '--role', role, '--count', String(count)]
    const env = { ...this.#env, RAMPA__HTTP__PUBLIC_URL: this.origin }
    const options = { env, cwd: this.#directory, timeout: PATIENCE_MS }
    const { stdout } = await promisify(execFile)(BINARY, args, options)
    return stdout.trim().split('\n')
  }
}

interface Opened {
  process: ChildProcess
  programme: Programme
}

async function start(
  name: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
  network: Network | undefined,
): Promise<Opened> {
  const args = ['up', '--demo']
  const [command, all] = network?.inside(BINARY, args) ?? [BINARY, args]
  const process = spawn(command, all, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(process)
  process.once('exit', () => running.delete(process))
  const log = createWriteStream(await artefact(`${name}.log`), { flags: 'a' })
  process.stdout.pipe(log, { end: false })
  process.stderr.pipe(log)
  try {
    const programme = await within('the programme on standard output', readProgramme(process))
    return { process, programme }
  } catch (error) {
    await end(process, 'SIGKILL')
    throw error
  }
}

async function end(process: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (process.exitCode === null && process.signalCode === null) {
    const exit = once(process, 'exit')
    process.kill(signal)
    await within(`the end of the house after ${signal}`, exit)
  }
  return process.exitCode
}

/** A developer's own settings are no part of a test. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([key]) => !/^RAMPA_/.test(key)))
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
