import assert from 'node:assert/strict'
import { journey, type Scene } from '../harness/journey.ts'
import { RED, seesPicture, slotOf, takeStage } from '../harness/play.ts'
import type { Visitor } from '../harness/visitor.ts'

/** The smallest phone that is still sold. */
const SMALL = { width: 320, height: 640 }

journey('phone', 'every page fits a small phone, in both languages', async (scene) => {
  const { actor, spectators, stageManager } = scene.house.programme
  await noticesFit(scene)

  const stage = await scene.visit('stage', { to: actor, screen: SMALL, media: RED })
  await stage.sees('check-devices')
  await fits(stage, 'door')
  await stage.click('check-devices')
  await stage.sees('take-stage')
  await fits(stage, 'check')
  await takeStage(stage)
  await stage.sees('on-stage')
  await fits(stage, 'on-stage')

  const watch = await scene.visit('watch', { to: spectators[0], screen: SMALL })
  await watch.sees('foyer')
  await fits(watch, 'foyer')
  await watch.click('enter-house')
  await seesPicture(watch, await slotOf(watch, stage))
  await fits(watch, 'house')
  await coversTheScreen(watch)

  const console_ = await scene.visit('console', { to: stageManager, screen: SMALL })
  await console_.finds(`person-${await stage.person}`, 'data-place', 'on-stage')
  await fits(console_, 'console')
  await console_.click('lower-curtain')
  await watch.finds('curtain', 'data-state', 'lowered')
  await fits(watch, 'curtain')

  await speaksBoth(scene)
})

async function noticesFit(scene: Scene): Promise<void> {
  const { origin, programme } = scene.house
  const welcome = await scene.visit('welcome', { to: origin, screen: SMALL })
  await welcome.sees('welcome')
  await fits(welcome, 'welcome')
  const denied = await scene.visit('denied', { to: `${origin}/watch#no`, screen: SMALL })
  await denied.sees('access-denied')
  await fits(denied, 'access-denied')
  const first = await scene.visit('first', { to: programme.spectators[1], screen: SMALL })
  await first.sees('foyer')
  await scene.visit('second', { to: programme.spectators[1], screen: SMALL })
  await first.sees('taken-over')
  await fits(first, 'taken-over')
}

/** Russian for everybody whose browser does not ask for English, and a switch that is kept. */
async function speaksBoth(scene: Scene): Promise<void> {
  const { origin } = scene.house
  const guest = await scene.visit('guest', { to: origin, screen: SMALL, locale: 'de-DE' })
  await guest.finds('lang-ru', 'aria-pressed', 'true')
  assert.equal(await language(guest), 'ru')
  assert.match(await heading(guest), /^Рампа$/)
  await guest.click('lang-en')
  await guest.finds('lang-en', 'aria-pressed', 'true')
  assert.equal(await language(guest), 'en')
  assert.doesNotMatch((await guest.page.locator('main p').first().textContent()) ?? '', /[а-я]/i)
  await guest.page.reload()
  await guest.finds('lang-en', 'aria-pressed', 'true')
  await fits(guest, 'english')
}

async function fits(visitor: Visitor, moment: string): Promise<void> {
  // Lines break elsewhere once the page's own letters are there.
  await visitor.page.evaluate(() => document.fonts.ready.then(() => undefined))
  const { content, screen } = await visitor.page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    screen: window.innerWidth,
  }))
  await visitor.screenshot(moment)
  assert.ok(content <= screen, `${visitor.name} ${moment}: ${content} px wide on ${screen} px`)
}

async function coversTheScreen(visitor: Visitor): Promise<void> {
  const box = await visitor.at('stage-view').boundingBox()
  assert.deepEqual(box, { x: 0, y: 0, ...SMALL })
}

const language = (visitor: Visitor) => visitor.page.evaluate(() => document.documentElement.lang)

const heading = async (visitor: Visitor) => (await visitor.page.locator('h1').textContent()) ?? ''
