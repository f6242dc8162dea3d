import { closingBehavior, init, miniApp, swipeBehavior, themeParams, viewport } from '@tma.js/sdk'
import { closingConfirmed } from './closing'

/** The ground that the house is built on; Telegram's own bars take the same colour. */
const GROUND = '#0c0809'

/** Makes the page a well-mannered Mini App. Every step is taken only where Telegram knows it. */
export async function startTelegram(): Promise<void> {
  // Styles from outside would need a hole in the content security policy.
  init({ acceptCustomStyles: false })
  miniApp.ready.ifAvailable()
  miniApp.mount.ifAvailable()
  themeParams.mount.ifAvailable()
  paintBars()
  // The stage is dark in every theme, so a change of theme only has to be undone on the bars.
  themeParams.state.sub(paintBars)
  swipeBehavior.mount.ifAvailable()
  swipeBehavior.disableVertical.ifAvailable()
  followClosing()
  await followViewport()
}

function paintBars(): void {
  miniApp.setHeaderColor.ifAvailable(GROUND)
  miniApp.setBgColor.ifAvailable(GROUND)
  miniApp.setBottomBarColor.ifAvailable(GROUND)
}

function followClosing(): void {
  closingBehavior.mount.ifAvailable()
  const apply = (confirm: boolean) => {
    if (confirm) closingBehavior.enableConfirmation.ifAvailable()
    else closingBehavior.disableConfirmation.ifAvailable()
  }
  apply(closingConfirmed.value)
  closingConfirmed.subscribe(apply)
}

async function followViewport(): Promise<void> {
  const mounting = viewport.mount.ifAvailable()
  if (!mounting.ok) return
  await mounting.data
  viewport.bindCssVars.ifAvailable()
  viewport.expand.ifAvailable()
}
