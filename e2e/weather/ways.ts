import type { Browser as Firefox } from 'puppeteer-core'
import { ownAddress } from '../harness/address.ts'
import { launchBrowser } from '../harness/browser.ts'
import { FirefoxVisitor } from '../harness/firefox.ts'
import { House } from '../harness/house.ts'
import { Scene } from '../harness/journey.ts'
import { connectPeers } from '../harness/peers.ts'
import { slotOf, takeStage } from '../harness/play.ts'
import type { Watcher } from '../harness/watcher.ts'
import type { Weather } from './link.ts'
import { Tunnel } from './tunnel.ts'

/**
 * Where the weather is: on the actor's link to the house, on the spectator's, or between two
 * browsers without a house.
 */
export type Way = 'up' | 'down' | 'peer'

/** Somebody who watches through weather. */
export interface View {
  watcher: Watcher
  tunnel: Tunnel
}

export interface ViewOptions {
  way: Way
  weather: Weather
  seed: number
  /** The spectator's browser, when it is not Chromium. */
  firefox: Firefox | null
}

const FRAMES_PER_SECOND = 30
const CLOCK = `filmClock(${FRAMES_PER_SECOND}, true)`
/** Pages as large as the picture: drawing a large page costs more than the picture. */
const SCREEN = { width: 640, height: 360 }

type Join = (scene: Scene, options: ViewOptions) => Promise<View>

/** Opens a house and a browser, lets an actor and a spectator meet, and shows them to `watch`. */
export async function withView<T>(
  options: ViewOptions,
  watch: (view: View) => Promise<T>,
): Promise<T> {
  const house = await House.open({ name: 'weather' })
  try {
    const browser = await launchBrowser()
    try {
      const join: Join = options.way === 'peer' ? withoutHouse : throughHouse
      const view = await join(new Scene('weather', house, browser), options)
      try {
        return await watch(view)
      } finally {
        view.tunnel.close()
      }
    } finally {
      await browser.close()
    }
  } finally {
    await house.close()
  }
}

const throughHouse: Join = async (scene, { way, weather, seed, firefox }) => {
  const { actor: stageDoor, spectators, mediaPort } = scene.house.programme
  const tunnel = await openTunnel(mediaPort, weather, seed)
  const detour = hostAndPort(tunnel)
  const actor = await scene.visit('actor', {
    to: stageDoor,
    screen: SCREEN,
    media: CLOCK,
    measures: true,
    ...(way === 'up' && { detour }),
  })
  await actor.click('check-devices')
  await takeStage(actor)
  const arrival = { to: spectators[0], screen: SCREEN, ...(way === 'down' && { detour }) }
  const watcher = await visit(scene, firefox, arrival)
  await watcher.click('enter-house')
  const slot = await slotOf(watcher, actor)
  await watcher.until('the element of the slot', (k) => window.e2e.slotVideo(k) !== null, slot)
  await watcher.page.evaluate((k) => {
    const video = window.e2e.slotVideo(k)
    if (video === null) throw new Error('no picture')
    window.e2e.readClock('way', video)
  }, slot)
  await readsTheClock(watcher)
  return { watcher, tunnel }
}

/** The same canvas, sent from page to page. */
const withoutHouse: Join = async (scene, { weather, seed, firefox }) => {
  const to = scene.house.origin
  const sender = await scene.visit('sender', { to, screen: SCREEN, measures: true })
  // Browsers let a page sound after a gesture.
  await sender.click('lang-ru')
  await sender.page.evaluate(async (fps) => {
    await window.e2e.filmClock(fps, true)
  }, FRAMES_PER_SECOND)
  const watcher = await visit(scene, firefox, { to, screen: SCREEN })
  await watcher.click('lang-ru')
  const tunnels: Tunnel[] = []
  await connectPeers(sender, watcher, 'clock', async (port) => {
    const tunnel = await openTunnel(port, weather, seed)
    tunnels.push(tunnel)
    return hostAndPort(tunnel)
  })
  await watcher.page.evaluate(() => {
    const { video } = window.e2e.peer
    if (!video) throw new Error('no picture')
    window.e2e.showPeer(true)
    window.e2e.readClock('way', video)
  })
  await readsTheClock(watcher)
  const [tunnel] = tunnels
  if (tunnel === undefined) throw new Error('no tunnel between the pages')
  return { watcher, tunnel }
}

/** Firefox counts no frames of an element that shows a stream; so the clock itself is looked at. */
function readsTheClock(watcher: Watcher): Promise<void> {
  return watcher.until('ten readings', () => window.e2e.readSoFar('way') >= 10, null)
}

function visit(
  scene: Scene,
  firefox: Firefox | null,
  arrival: { to: string; screen: typeof SCREEN; detour?: string },
): Promise<Watcher> {
  return firefox === null
    ? scene.visit('spectator', arrival)
    : FirefoxVisitor.visit(firefox, 'spectator', arrival)
}

function openTunnel(port: number, weather: Weather, seed: number): Promise<Tunnel> {
  // Firefox believes nobody who says that it comes from loopback.
  const host = ownAddress()
  return Tunnel.open({ host, target: { host, port }, up: weather, down: weather, seed })
}

function hostAndPort({ address }: Tunnel): string {
  return `${address.host}:${address.port}`
}
