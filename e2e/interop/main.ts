/**
 * Other people's WHIP and WHEP clients against a house, each as publisher and as subscriber.
 * `--quick` leaves out the one that takes minutes to compile; `--only TEXT` tries those whose name
 * has TEXT. The last line is one JSON object; the command fails when a client does.
 */
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ownAddress } from '../harness/address.ts'
import { artefact } from '../harness/artefacts.ts'
import { launchBrowser } from '../harness/browser.ts'
import { commit } from '../harness/commit.ts'
import { launchFirefox } from '../harness/firefox.ts'
import { House } from '../harness/house.ts'
import { Scene } from '../harness/journey.ts'
import { type Client, program } from './client.ts'
import { Judge, type Result } from './judge.ts'
import { inChromium, inFirefox } from './pages.ts'
import { markdown } from './report.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
})

const ROOT = resolve(import.meta.dirname, '../..')
const INTEROP = resolve(ROOT, 'interop')
/** Where `interop/install.sh` puts what it installs and builds. */
const BUILT = resolve(process.env.RAMPA_INTEROP ?? resolve(ROOT, 'target/interop'))

// The library `whip-whep` mixes up several candidates when it restarts ICE.
const advertise = JSON.stringify([ownAddress()])
const house = await House.open({ name: 'interop', env: { RAMPA__SFU__ADVERTISE: advertise } })
const results: Result[] = []
try {
  const browser = await launchBrowser()
  const firefox = await launchFirefox()
  try {
    const scene = new Scene('interop', house, browser)
    const judge = await Judge.enter(scene)
    const library = version('e2e/node_modules/whip-whep/package.json')
    const python = (script: string) => resolve(INTEROP, 'python', script)
    const clients: Client[] = [
      inChromium(scene, `${library}, Chromium ${browser.version()}`),
      inFirefox(scene, firefox, `${library}, ${await firefox.version()}`),
      program('aiortc (PyPI)', [resolve(BUILT, 'venv/bin/python'), python('aiortc_client.py')]),
      program('werift (npm)', [process.execPath, resolve(INTEROP, 'werift/client.mjs')], {
        relays: true,
      }),
      program('GStreamer webrtcbin', ['/usr/bin/python3', python('gstreamer_client.py')]),
    ]
    if (!values.quick) {
      const binary = resolve(BUILT, 'rust/debug/rampa-interop')
      clients.push(program('webrtc (crates.io)', [binary], { relays: true }))
    }
    for (const client of clients.filter(({ name }) => name.includes(values.only))) {
      for (const part of ['subscriber', 'publisher'] as const) {
        const result = await judge[part](client)
        results.push(result)
        console.error(
          `${result.works ? 'works' : 'FAILS'}  ${client.name} as ${part}: ${result.detail}`,
        )
      }
    }
  } finally {
    await firefox.close()
    await browser.close()
  }
} finally {
  await house.close()
}

const whole = !values.quick && values.only === ''
const path = whole ? resolve(ROOT, 'docs/interop.md') : await artefact('interop.md')
await writeFile(path, markdown(results, commit()))
console.error(`the table is in ${path}`)
const works = results.every((result) => result.works)
console.log(JSON.stringify({ works, results }))
process.exitCode = works ? 0 : 1

function version(manifest: string): string {
  const text = readFileSync(resolve(ROOT, manifest), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
