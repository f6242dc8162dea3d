import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A certificate authority of this test alone, and what it has signed. */
export interface Certificate {
  directory: string
  /** The authority's certificate, PEM. */
  authority: string
  /** Paths of the host's chain and key. */
  chain: string
  key: string
  /** Base64 of the SHA-256 of the authority's public key, as Chromium names keys. */
  spki: string
  remove(): Promise<void>
}

/** Makes an authority that has signed one certificate, for `host`. */
export async function certificateFor(host: string): Promise<Certificate> {
  const directory = await mkdtemp(join(tmpdir(), 'rampa-e2e-ca-'))
  const at = (name: string) => join(directory, name)
  const openssl = async (...args: string[]) => {
    const options = { cwd: directory, encoding: 'buffer' } as const
    return (await promisify(execFile)('openssl', args, options)).stdout
  }
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const name = (text: string) => ['-subj', `/CN=${text}`]
  const ca = ['-x509', '-days', '2', '-keyout', 'ca.key', '-out', 'ca.pem']
  await openssl('req', ...key, ...ca, ...name('Rampa journeys'))
  await openssl('req', ...key, '-keyout', 'host.key', '-out', 'host.csr', ...name(host))
  await writeFile(at('host.ext'), `subjectAltName=DNS:${host}\nextendedKeyUsage=serverAuth\n`)
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-out', 'host.pem']
  await openssl('x509', '-req', '-in', 'host.csr', '-days', '2', '-extfile', 'host.ext', ...signed)
  const authority = await readFile(at('ca.pem'), 'utf8')
  await writeFile(at('chain.pem'), (await readFile(at('host.pem'), 'utf8')) + authority)

  const publicKey = await openssl('x509', '-in', 'ca.pem', '-noout', '-pubkey')
  await writeFile(at('ca.pub'), publicKey)
  await openssl('pkey', '-pubin', '-in', 'ca.pub', '-outform', 'der', '-out', 'ca.der')
  const digest = await openssl('dgst', '-sha256', '-binary', 'ca.der')
  return {
    directory,
    authority,
    chain: at('chain.pem'),
    key: at('host.key'),
    spki: digest.toString('base64'),
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}
