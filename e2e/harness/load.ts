import { cpus, loadavg } from 'node:os'
import { tenth } from './numbers.ts'

/** What the machine was doing while something was measured. */
export interface Load {
  cores: number
  loadavg1: number
  cpu_busy_pct: number
}

/** Begins to observe the machine; ends with the load since. */
export function observeLoad(): () => Load {
  const before = spent()
  return () => {
    const after = spent()
    const all = after.all - before.all
    return {
      cores: cpus().length,
      loadavg1: tenth(loadavg()[0] ?? 0),
      cpu_busy_pct: all === 0 ? 0 : tenth((100 * (after.busy - before.busy)) / all),
    }
  }
}

function spent(): { all: number; busy: number } {
  const times = cpus().map(({ times }) => times)
  const all = times.reduce(
    (sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq,
    0,
  )
  const idle = times.reduce((sum, { idle }) => sum + idle, 0)
  return { all, busy: all - idle }
}
