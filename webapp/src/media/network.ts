/** The part of the Network Information API that is used; few browsers have it. */
interface NetworkInformation extends EventTarget {
  /** `wifi`, `cellular`, ... */
  readonly type?: string
}

/** Calls back when the device has another network than before, until told to stop. */
export function watchNetwork(onChange: () => void): () => void {
  const { connection } = navigator as Navigator & { connection?: NetworkInformation }
  let type = connection?.type
  // The event also comes whenever the estimated speed changes, which means nothing here.
  const onEvent = () => {
    const before = type
    type = connection?.type
    if (type !== before && type !== 'none') onChange()
  }
  window.addEventListener('online', onChange)
  connection?.addEventListener('change', onEvent)
  return () => {
    window.removeEventListener('online', onChange)
    connection?.removeEventListener('change', onEvent)
  }
}
