import { afterEach, describe, expect, it, vi } from 'vitest'
import { pass } from '../test/samples'
import { requestAdmission } from './session'

afterEach(() => vi.unstubAllGlobals())

function houseThat(answers: () => Promise<Response>) {
  const fetch = vi.fn(async (_url: string, _init: RequestInit) => answers())
  vi.stubGlobal('fetch', fetch)
  return fetch
}

const ask = () => requestAdmission('link', 'device-0123456789', 'ru')

describe('requestAdmission', () => {
  it('shows link, device and language, and gets a pass', async () => {
    const mine = pass(0)
    const fetch = houseThat(async () => Response.json(mine))
    await expect(ask()).resolves.toEqual({ kind: 'admitted', pass: mine })
    const [url, init] = fetch.mock.calls[0] ?? []
    expect(url).toBe('/api/session')
    expect(JSON.parse(String(init?.body))).toEqual({
      link: 'link',
      device: 'device-0123456789',
      language: 'ru',
    })
  })

  it.each([400, 401, 403, 404])('takes %d for a refusal', async (status) => {
    houseThat(async () => new Response(null, { status }))
    await expect(ask()).resolves.toEqual({ kind: 'refused' })
  })

  it.each([408, 429, 500, 502, 503])('takes %d for a reason to try again', async (status) => {
    houseThat(async () => new Response(null, { status }))
    await expect(ask()).resolves.toEqual({ kind: 'unreachable' })
  })

  it('tries again later without a network', async () => {
    houseThat(() => Promise.reject(new TypeError('network')))
    await expect(ask()).resolves.toEqual({ kind: 'unreachable' })
  })
})
