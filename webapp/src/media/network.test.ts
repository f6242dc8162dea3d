import { afterEach, expect, it, vi } from 'vitest'
import { watchNetwork } from './network'

afterEach(() => vi.unstubAllGlobals())

function stub(withConnection: boolean) {
  const page = new EventTarget()
  const connection = Object.assign(new EventTarget(), { type: 'wifi' })
  vi.stubGlobal('window', page)
  vi.stubGlobal('navigator', withConnection ? { connection } : {})
  const become = (type: string) => {
    connection.type = type
    connection.dispatchEvent(new Event('change'))
  }
  return { page, become }
}

it('notices another kind of network, and no change of its speed', () => {
  const { page, become } = stub(true)
  const changed = vi.fn()
  const stop = watchNetwork(changed)
  become('wifi')
  expect(changed).not.toHaveBeenCalled()
  become('cellular')
  expect(changed).toHaveBeenCalledTimes(1)
  become('none')
  expect(changed).toHaveBeenCalledTimes(1)
  become('wifi')
  page.dispatchEvent(new Event('online'))
  expect(changed).toHaveBeenCalledTimes(3)
  stop()
  become('cellular')
  page.dispatchEvent(new Event('online'))
  expect(changed).toHaveBeenCalledTimes(3)
})

it('does with browsers that tell nothing but whether there is one', () => {
  const { page } = stub(false)
  const changed = vi.fn()
  watchNetwork(changed)
  page.dispatchEvent(new Event('online'))
  expect(changed).toHaveBeenCalledTimes(1)
})
