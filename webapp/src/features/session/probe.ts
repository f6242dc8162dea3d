import type { Session } from './session'

/** Lets tests look at a session; see `TestProbe`. */
export function exposeProbe(session: Session): void {
  window.__rampa = Object.freeze({
    get state() {
      return session.state.value.phase
    },
    get slots() {
      return session.engine.value?.room?.board.slots.value ?? []
    },
    get connection() {
      return session.engine.value?.room?.connection ?? null
    },
    get way() {
      return session.engine.value?.room?.route.way.value ?? null
    },
    get delays() {
      return Object.fromEntries(session.engine.value?.room?.board.delays ?? [])
    },
    async getStats() {
      return (await session.engine.value?.room?.connection?.getStats()) ?? null
    },
  })
}
