import { execFileSync } from 'node:child_process'

/** What is measured: the commit, and whether anything was changed since. */
export function commit(): string {
  return execFileSync('git', ['describe', '--always', '--dirty']).toString().trim()
}
