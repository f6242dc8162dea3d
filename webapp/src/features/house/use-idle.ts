import { useEffect, useState } from 'preact/hooks'

const IDLE_MS = 4_000
const SIGNS = ['pointermove', 'pointerdown', 'keydown', 'focusin'] as const

/** Whether nobody has touched anything for a while: time for the controls to step aside. */
export function useIdle(): boolean {
  const [idle, setIdle] = useState(false)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>
    const awake = () => {
      clearTimeout(timer)
      setIdle(false)
      timer = setTimeout(() => setIdle(true), IDLE_MS)
    }
    awake()
    for (const sign of SIGNS) window.addEventListener(sign, awake, { passive: true })
    return () => {
      clearTimeout(timer)
      for (const sign of SIGNS) window.removeEventListener(sign, awake)
    }
  }, [])
  return idle
}
