import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { promisify } from 'node:util'
import { artefact } from './artefacts.ts'
import { type Certificate, certificateFor } from './certificate.ts'
import { freePort } from './port.ts'
import { PATIENCE_MS, POLL_MS, within } from './time.ts'

/** The program that is shipped, configuration and all. */
const START = resolve(import.meta.dirname, '../../deploy/coturn/start.sh')

/** coturn, as `deploy/coturn` sets it up, with a certificate that nobody knows. */
export class Coturn {
  readonly secretFile: string
  /** By UDP, TCP and TLS. */
  readonly urls: string[]
  readonly #address: string
  readonly #port: number
  readonly #directory: string
  readonly #certificate: Certificate
  readonly #process: ChildProcess

  private constructor(
    address: string,
    ports: readonly [number, number],
    directory: string,
    certificate: Certificate,
    process: ChildProcess,
  ) {
    const [port, tls] = ports
    this.#address = address
    this.#port = port
    this.#directory = directory
    this.#certificate = certificate
    this.#process = process
    this.secretFile = join(directory, 'secret')
    this.urls = [
      `turn:${address}:${port}?transport=udp`,
      `turn:${address}:${port}?transport=tcp`,
      `turns:${address}:${tls}?transport=tcp`,
    ]
  }

  /** Starts it at an address; it relays to the same address. */
  static async start(name: string, address: string): Promise<Coturn> {
    const directory = await mkdtemp(join(tmpdir(), 'rampa-e2e-turn-'))
    await writeFile(join(directory, 'secret'), randomBytes(24).toString('hex'))
    const certificate = await certificateFor('relay.test')
    const ports = [await freePort(), await freePort()] as const
    const child = spawn(START, {
      cwd: directory,
      env: {
        ...process.env,
        TURN_SECRET_FILE: join(directory, 'secret'),
        MEDIA_ADDRESSES: address,
        TURN_ADDRESS: address,
        TURN_PORT: String(ports[0]),
        TURN_TLS_PORT: String(ports[1]),
        TURN_CERT: certificate.chain,
        TURN_KEY: certificate.key,
        TURN_STATE: directory,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const log = createWriteStream(await artefact(`${name}-coturn.log`))
    child.stdout.pipe(log, { end: false })
    child.stderr.pipe(log)
    const coturn = new Coturn(address, ports, directory, certificate, child)
    await Promise.all(ports.map((port) => coturn.#listens(port)))
    return coturn
  }

  /** What another client is told when it asks for a way to `peer` with good credentials. */
  async asksFor(peer: string, username: string, credential: string): Promise<string> {
    const args = ['-u', username, '-w', credential, '-e', peer, '-r', '9', '-n', '1', '-m', '1']
    const all = ['-c', ...args, '-p', String(this.#port), this.#address]
    const asked = promisify(execFile)('turnutils_uclient', all, { timeout: PATIENCE_MS })
    const { stdout } = await asked.catch((error: { stdout: string }) => error)
    return stdout
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const exit = once(this.#process, 'exit')
      this.#process.kill('SIGTERM')
      await within('the end of coturn', exit)
    }
    await this.#certificate.remove()
    await rm(this.#directory, { recursive: true, force: true })
  }

  async #listens(port: number): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS
    for (;;) {
      const socket = createConnection(port, this.#address)
      const heard = await Promise.race([
        once(socket, 'connect').then(() => true),
        once(socket, 'error').then(() => false),
      ]).catch(() => false)
      socket.destroy()
      if (heard) return
      if (this.#process.exitCode !== null || performance.now() > deadline) {
        throw new Error('coturn does not listen, see its log')
      }
      await pass(POLL_MS)
    }
  }
}
