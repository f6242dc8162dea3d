// Fails the build when what a browser must load before the first picture grows past its budget.
import { readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const BUDGET_BYTES = 60_000
const dist = fileURLToPath(new URL('../dist/', import.meta.url))
const manifest = JSON.parse(readFileSync(`${dist}.vite/manifest.json`, 'utf8'))

/** The entry and everything it imports statically. */
function firstLoad(key, seen = new Set()) {
  if (seen.has(key)) return seen
  seen.add(key)
  for (const next of manifest[key].imports ?? []) firstLoad(next, seen)
  return seen
}

const gzipped = (file) => gzipSync(readFileSync(dist + file)).length
const entries = Object.keys(manifest).filter((key) => manifest[key].isEntry)
const first = new Set(entries.flatMap((key) => [...firstLoad(key)]))
const bytes = [...first].reduce((sum, key) => sum + gzipped(manifest[key].file), 0)
const media = Object.keys(manifest).find((key) => key.startsWith('src/media/'))

console.log(`first load: ${(bytes / 1000).toFixed(1)} kB of JavaScript, gzipped`)
if (bytes > BUDGET_BYTES) {
  console.error(`over the budget of ${BUDGET_BYTES / 1000} kB`)
  process.exit(1)
}
if (media === undefined || first.has(media)) {
  console.error('the media layer is not a chunk of its own')
  process.exit(1)
}

// Only this script reads the manifest; it is no part of what is served.
rmSync(`${dist}.vite`, { recursive: true })
