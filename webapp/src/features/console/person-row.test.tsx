// @vitest-environment happy-dom
import { render } from 'preact'
import { act } from 'preact/test-utils'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PersonQuality } from '../../api/generated/protocol'
import { language } from '../../i18n/language'
import { person } from '../../test/samples'
import { PersonRow } from './person-row'

let root: HTMLElement
beforeEach(() => {
  root = document.createElement('div')
  document.body.append(root)
  language.set('en')
})
afterEach(() => {
  render(null, root)
  root.remove()
})

async function show(quality?: PersonQuality) {
  const row = (
    <PersonRow
      person={person('anna')}
      quality={quality}
      isMe={false}
      speaking={false}
      onMute={() => {}}
    />
  )
  await act(() => render(row, root))
}

const find = (testId: string) => root.querySelector<HTMLElement>(`[data-testid="${testId}"]`)

describe('PersonRow', () => {
  it('says nothing of links that carry nothing', async () => {
    await show()
    expect(find('uplink-anna')).toBeNull()
    await show({ person: 'anna', uplink: null, downlink: null })
    expect(find('uplink-anna')).toBeNull()
    expect(find('downlink-anna')).toBeNull()
  })

  it('shows how well each direction goes and what is wrong', async () => {
    await show({
      person: 'anna',
      uplink: { audio: 34, video: 42, troubles: [{ type: 'loss', percent: 4 }] },
      downlink: { audio: 44, video: null, troubles: [] },
    })
    const uplink = find('uplink-anna')
    expect(uplink?.dataset).toMatchObject({ score: '34', level: '2' })
    expect(uplink?.title).toBe('From them to the house: 3.4. weak link: 4 % lost')
    expect(uplink?.querySelectorAll('.lit')).toHaveLength(2)
    expect(uplink?.textContent).toContain('weak link: 4 % lost')
    const downlink = find('downlink-anna')
    expect(downlink?.dataset).toMatchObject({ score: '44', level: '4' })
    expect(downlink?.title).toBe('From the house to them: 4.4. all is well')
    expect(downlink?.querySelector('.link-trouble')).toBeNull()
  })

  it('speaks the language of the page', async () => {
    await show({
      person: 'anna',
      uplink: null,
      downlink: { audio: 44, video: 28, troubles: [{ type: 'small', kbps: 300 }] },
    })
    await act(() => language.set('ru'))
    expect(find('downlink-anna')?.title).toBe(
      'Из театра сюда: 2,8. картинка уменьшена: связь тянет 300 кбит/с',
    )
  })
})
