import { useLayoutEffect, useRef, useState } from 'preact/hooks'

/** A ref for an element, and the element's width divided by its height. */
export function useAspect<T extends HTMLElement>() {
  const ref = useRef<T>(null)
  const [aspect, setAspect] = useState(16 / 9)
  useLayoutEffect(() => {
    const element = ref.current
    if (element === null) return
    const observer = new ResizeObserver(() => {
      const { clientWidth, clientHeight } = element
      if (clientWidth > 0 && clientHeight > 0) setAspect(clientWidth / clientHeight)
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return { ref, aspect }
}
