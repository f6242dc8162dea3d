import { receptions, sent } from './stats.ts'

/** The state of the page in a few lines, for the message of a test that failed. */
export async function describe(): Promise<string> {
  const probe = window.__rampa
  const slots = probe?.slots.filter(({ person }) => person !== null) ?? []
  return [
    `phase ${probe?.state}, connection ${probe?.connection?.connectionState}`,
    `slots ${JSON.stringify(slots.map(({ slot, person, shown }) => ({ slot, person, shown })))}`,
    `received ${JSON.stringify(await receptions())}`,
    `sent ${JSON.stringify(await sent())}`,
    `text ${JSON.stringify(document.body.textContent.slice(0, 300))}`,
  ].join('\n')
}
