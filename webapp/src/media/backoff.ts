const FIRST_MS = 500
const LONGEST_MS = 15_000

/**
 * How long to wait before try number `attempt` (from 0), in milliseconds: doubling, with the
 * upper half random, so that a house that was restarted is not met by everybody at once.
 */
export function backoffDelay(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(FIRST_MS * 2 ** attempt, LONGEST_MS)
  return ceiling / 2 + random() * (ceiling / 2)
}
