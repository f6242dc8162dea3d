import { resolve } from 'node:path'
import { type BuildOptions, build } from 'esbuild'

let library: Promise<string> | undefined

/**
 * The source of `page/`, which runs in every page as `window.e2e`. It is bundled here and not
 * passed function by function, so that it can be written as modules.
 */
export function pageLibrary(): Promise<string> {
  library ??= bundleAll()
  return library
}

async function bundleAll(): Promise<string> {
  const worklet = await bundle('worklet.ts', { format: 'esm' })
  const seal = await bundle('seal-worker.ts', { format: 'iife' })
  return bundle('index.ts', {
    format: 'iife',
    globalName: 'library',
    define: {
      __WORKLET_SOURCE: JSON.stringify(worklet),
      __SEAL_SOURCE: JSON.stringify(seal),
    },
    // Functions that tests pass to a page name their inner functions by this helper.
    footer: { js: 'globalThis.e2e = library; globalThis.__name = (value) => value' },
  })
}

async function bundle(entry: string, options: BuildOptions): Promise<string> {
  const { outputFiles } = await build({
    ...options,
    entryPoints: [resolve(import.meta.dirname, '../page', entry)],
    bundle: true,
    write: false,
    target: 'es2022',
  })
  const [file] = outputFiles ?? []
  if (file === undefined) throw new Error(`esbuild made nothing of page/${entry}`)
  return file.text
}
