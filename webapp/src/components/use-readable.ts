import { useLayoutEffect, useReducer } from 'preact/hooks'
import type { Readable } from '../media/observable'

/** The current value of `readable`; renders again when it changes. */
export function useReadable<T>(readable: Readable<T>): T {
  const value = readable.value
  const [, renderAgain] = useReducer((times: number, _change: unknown) => times + 1, 0)
  useLayoutEffect(() => {
    // It may have changed between rendering and now.
    if (readable.value !== value) renderAgain(null)
    return readable.subscribe(renderAgain)
  }, [readable])
  return value
}
