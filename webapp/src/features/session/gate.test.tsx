// @vitest-environment happy-dom
import { render } from 'preact'
import { act } from 'preact/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Engine } from '../../media/engine'
import { Observable } from '../../media/observable'
import { house, pass } from '../../test/samples'
import { Gate } from './gate'
import type { Session } from './session'
import type { SessionState } from './state'

let root: HTMLElement
beforeEach(() => {
  root = document.createElement('div')
  document.body.append(root)
})
afterEach(() => {
  render(null, root)
  root.remove()
})

async function show(initial: SessionState) {
  const state = new Observable(initial)
  const engine = new Observable<Engine | null>({ room: {} } as Engine)
  const returnHere = vi.fn()
  const session = {
    state,
    engine,
    returnHere,
    address: 'https://house/watch#x',
  } as unknown as Session
  await act(() => render(<Gate session={session}>{() => <p data-testid="page" />}</Gate>, root))
  return { state, returnHere }
}

const find = (testId: string) => root.querySelector<HTMLElement>(`[data-testid="${testId}"]`)

function press(testId: string): void {
  find(testId)?.click()
}

describe('Gate', () => {
  it.each<[string, SessionState]>([
    ['welcome', { phase: 'no-link' }],
    ['checking', { phase: 'checking' }],
    ['unreachable', { phase: 'unreachable' }],
    ['admitted', { phase: 'admitted', pass: pass(0) }],
    ['taken-over', { phase: 'ended', ending: 'taken-over' }],
    ['revoked', { phase: 'ended', ending: 'revoked' }],
    ['access-denied', { phase: 'ended', ending: 'denied' }],
    ['outdated', { phase: 'ended', ending: 'outdated' }],
    ['unsupported', { phase: 'ended', ending: 'unsupported' }],
    ['page', { phase: 'present', pass: pass(0), connected: true, house: house() }],
  ])('shows %s', async (testId, state) => {
    await show(state)
    expect(find(testId)).not.toBeNull()
  })

  it('offers a way back to a seat that moved to another device', async () => {
    const { returnHere } = await show({ phase: 'ended', ending: 'taken-over' })
    press('return-here')
    expect(returnHere).toHaveBeenCalledOnce()
  })

  it('follows the session', async () => {
    const { state } = await show({ phase: 'checking' })
    await act(() => state.set({ phase: 'ended', ending: 'denied' }))
    expect(find('checking')).toBeNull()
    expect(find('access-denied')).not.toBeNull()
  })

  it('speaks the language that is chosen', async () => {
    await show({ phase: 'no-link' })
    await act(() => press('lang-en'))
    expect(root.querySelector('h1')?.textContent).toBe('Rampa')
    await act(() => press('lang-ru'))
    expect(root.querySelector('h1')?.textContent).toBe('Рампа')
  })
})
