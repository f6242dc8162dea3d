import { useState } from 'preact/hooks'
import { useText } from '../i18n/use-text'

/** Runs commands to the house, and puts into words what failed. */
export function useCommand() {
  const { failure } = useText()
  const [running, setRunning] = useState(0)
  const [problem, setProblem] = useState<string | null>(null)

  const run = (command: () => Promise<void>) => {
    setRunning((count) => count + 1)
    setProblem(null)
    command()
      .catch((error: unknown) => setProblem(describe(error, failure)))
      .finally(() => setRunning((count) => count - 1))
  }
  return { busy: running > 0, problem, run, dismiss: () => setProblem(null) }
}

/** The server's own words are in the person's language; what it could not say is said here. */
function describe(
  error: unknown,
  texts: { offline: string; timeout: string; other: string },
): string {
  if (!(error instanceof Error) || !('code' in error)) return texts.other
  if (error.code === 'offline') return texts.offline
  if (error.code === 'timeout') return texts.timeout
  return error.message || texts.other
}
