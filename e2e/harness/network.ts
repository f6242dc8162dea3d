import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { within } from './time.ts'

/** The address of the house in a network of its own. */
const ADDRESS = '10.77.0.1'

/** An interface that is not loopback: browsers send no media over that one. */
const SET_UP = [
  'ip link set lo up',
  'ip link add rampa0 type veth peer name rampa1',
  `ip addr add ${ADDRESS}/24 dev rampa0`,
  'ip link set rampa0 up',
  'ip link set rampa1 up',
  'echo ready',
  'exec cat',
].join(' && ')

/**
 * A network namespace, for house and browser alone. Its firewall is not this machine's, and it is
 * gone with the last process in it, whatever happens to the test.
 */
export class Network {
  readonly #holder: ChildProcess
  readonly #directory: string

  private constructor(holder: ChildProcess, directory: string) {
    this.#holder = holder
    this.#directory = directory
  }

  static async open(): Promise<Network> {
    const holder = spawn('unshare', [...OWN_USER, '--net', 'sh', '-c', SET_UP], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: holder.stdout })
    const ready = Promise.race([
      once(lines, 'line'),
      once(holder, 'exit').then(() => {
        throw new Error('no network namespace: unshare or ip failed, see above')
      }),
    ])
    await within('a network namespace', ready)
    return new Network(holder, await mkdtemp(join(tmpdir(), 'rampa-e2e-net-')))
  }

  /** The same command, in this network. */
  inside(command: string, args: readonly string[]): [string, string[]] {
    const target = ['--target', String(this.#holder.pid), '--net']
    if (OWN_USER.length > 0) target.push('--user', '--preserve-credentials')
    return ['nsenter', [...target, '--', command, ...args]]
  }

  /** A program that runs another one in this network, for whoever takes nothing but a path. */
  async program(path: string): Promise<string> {
    const [command, args] = this.inside(path, [])
    const wrapper = join(this.#directory, 'program')
    await writeFile(wrapper, `#!/bin/sh\nexec ${command} ${args.join(' ')} "$@"\n`)
    await chmod(wrapper, 0o755)
    return wrapper
  }

  /** From now on no UDP arrives, and nobody is told. */
  async blockUdp(): Promise<void> {
    const rules = [
      'add table inet rampa',
      'add chain inet rampa in { type filter hook input priority 0; }',
      'add rule inet rampa in meta l4proto udp counter drop',
    ]
    const path = `${process.env.PATH}:/usr/sbin`
    const [command, args] = this.inside('nft', [rules.join('; ')])
    await promisify(execFile)(command, args, { env: { ...process.env, PATH: path } })
  }

  async close(): Promise<void> {
    this.#holder.stdin?.end()
    if (this.#holder.exitCode === null) await within('its end', once(this.#holder, 'exit'))
    await rm(this.#directory, { recursive: true, force: true })
  }
}

/** Who is not root becomes it in a user namespace. */
const OWN_USER = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']
