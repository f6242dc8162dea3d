import { mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

const DIRECTORY = resolve(import.meta.dirname, '../artefacts')

/** The path of a file that a run leaves behind: screenshots, logs, measurements. */
export async function artefact(name: string): Promise<string> {
  const path = resolve(DIRECTORY, name)
  await mkdir(dirname(path), { recursive: true })
  return path
}
