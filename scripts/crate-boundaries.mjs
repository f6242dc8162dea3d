// Who may import whom: fails when a crate of the workspace imports one that it must not.
// Dependencies for tests count as well, except on a crate's own test helpers.
import { execFileSync } from 'node:child_process'

const LEAVES = ['protocol', 'bus', 'moderation']
const ALLOWED = {
  protocol: [],
  bus: [],
  moderation: [],
  store: LEAVES,
  sfu: LEAVES,
  turn: LEAVES,
  signaling: [...LEAVES, 'store'],
  bot: [...LEAVES, 'store'],
  'ai-worker': [...LEAVES, 'store'],
  loadtest: LEAVES,
  rampa: [...LEAVES, 'store', 'sfu', 'turn', 'signaling', 'bot', 'ai-worker'],
}

const metadata = JSON.parse(
  execFileSync('cargo', ['metadata', '--no-deps', '--locked', '--format-version', '1'], {
    maxBuffer: 64 * 1024 * 1024,
  }),
)
const ours = new Set(metadata.packages.map((crate) => crate.name))
const faults = metadata.packages.flatMap(({ name, dependencies }) => {
  const allowed = ALLOWED[name]
  if (!allowed) return [`${name}: say in scripts/crate-boundaries.mjs what it may import`]
  const imported = new Set(dependencies.map((dependency) => dependency.name))
  return [...imported]
    .filter((other) => ours.has(other) && other !== name && !allowed.includes(other))
    .map((other) => `${name} must not import ${other}`)
})

for (const fault of faults) console.error(`crate boundaries: ${fault}`)
if (faults.length > 0) process.exit(1)
console.log(`crate boundaries: ${ours.size} crates keep them`)
