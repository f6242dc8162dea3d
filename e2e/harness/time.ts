/** How long anything may take, on a machine ten times slower than the slowest we have. */
export const PATIENCE_MS = 120_000

/** How often a measured value is looked at again. */
export const POLL_MS = 200

/** Settles with `promise`, or says what did not happen in time. */
export async function within<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${what} did not come within ${PATIENCE_MS / 1000} s`)),
      PATIENCE_MS,
    )
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
