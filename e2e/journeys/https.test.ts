import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get } from 'node:https'
import { after } from 'node:test'
import { type Certificate, certificateFor } from '../harness/certificate.ts'
import { journey } from '../harness/journey.ts'
import { freePort } from '../harness/port.ts'
import { theWholePlay } from '../harness/whole-play.ts'

const HOST = 'rampa.test'
let certificate: Certificate

journey(
  'https',
  'the same evening over https, on a name of its own',
  async (scene) => {
    const { origin, port } = scene.house.programme
    assert.equal(origin, `https://${HOST}:${port}`)
    await trusts(port, certificate.authority)
    await theWholePlay(scene)
    for (const { name, page } of scene.visitors) {
      assert.ok(await page.evaluate(() => window.isSecureContext), `${name} is not secure`)
    }
  },
  async () => {
    certificate = await certificateFor(HOST)
    // Links are printed with the port, so it has to be known before the house opens.
    const port = await freePort()
    return {
      env: {
        RAMPA__HTTP__LISTEN: `127.0.0.1:${port}`,
        RAMPA__HTTP__PUBLIC_URL: `https://${HOST}:${port}`,
        RAMPA__HTTP__TLS__CERT: certificate.chain,
        RAMPA__HTTP__TLS__KEY: certificate.key,
      },
      flags: [
        `--host-resolver-rules=MAP ${HOST} 127.0.0.1`,
        // This key and no other is trusted by this browser.
        `--ignore-certificate-errors-spki-list=${certificate.spki}`,
      ],
    }
  },
)

after(() => certificate?.remove())

/** Chromium is lenient with a key that it is told to trust; Node checks name and chain. */
async function trusts(port: number, ca: string): Promise<void> {
  const request = get({ host: '127.0.0.1', port, servername: HOST, ca, path: '/healthz' })
  const [response] = (await once(request, 'response')) as [{ statusCode: number; resume(): void }]
  response.resume()
  assert.equal(response.statusCode, 200)
}
