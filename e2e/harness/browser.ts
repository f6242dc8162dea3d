import { type Browser, chromium } from 'playwright-core'
import type { Network } from './network.ts'
import { PATIENCE_MS } from './time.ts'

/**
 * What Chromium is asked for. There is no flag about autoplay: whether people hear the play after
 * one click is a thing to be tested.
 */
const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream=device-count=1,fps=15',
  // A switch that is given twice counts once: this list takes the place of Playwright's. Two
  // pages that meet without a server need each other's addresses as they are.
  `--disable-features=${[
    'WebRtcHideLocalIpsWithMdns',
    'HttpsUpgrades',
    'HttpsFirstBalancedModeAutoEnable',
    'MediaRouter',
    'NetworkTimeServiceQuerying',
    'OptimizationHints',
    'PaintHolding',
    'PreconnectToSearch',
  ].join(',')}`,
]

/** Debian's Chromium; `RAMPA_E2E_CHROMIUM` names another one. */
export async function launchBrowser(
  flags: readonly string[] = [],
  network?: Network,
): Promise<Browser> {
  const path = process.env.RAMPA_E2E_CHROMIUM ?? '/usr/bin/chromium'
  return chromium.launch({
    executablePath: network ? await network.program(path) : path,
    args: [...FLAGS, ...flags],
    timeout: PATIENCE_MS,
  })
}
