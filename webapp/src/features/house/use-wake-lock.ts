import { useEffect } from 'preact/hooks'

/** Keeps the screen lit while a performance is watched or played. */
export function useWakeLock(): void {
  useEffect(() => {
    if (!('wakeLock' in navigator)) return
    let lock: WakeLockSentinel | null = null
    let over = false
    // The lock is lost whenever the page is hidden; a refusal means a dark screen, no more.
    const acquire = async () => {
      if (document.visibilityState !== 'visible') return
      lock = await navigator.wakeLock.request('screen').catch(() => null)
      if (over) await lock?.release()
    }
    const again = () => void acquire()
    again()
    document.addEventListener('visibilitychange', again)
    return () => {
      over = true
      document.removeEventListener('visibilitychange', again)
      void lock?.release()
    }
  }, [])
}
