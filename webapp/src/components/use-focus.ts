import { useEffect, useRef } from 'preact/hooks'

/** Takes the keyboard's focus along when a page replaces the one that had the focus. */
export function useFocusOnArrival<T extends HTMLElement>() {
  const ref = useRef<T>(null)
  useEffect(() => ref.current?.focus({ preventScroll: true }), [])
  return ref
}
