/**
 * Fills Node's cache of compiled sources (`NODE_COMPILE_CACHE`) before `npm test` in a fresh clone. Each test file runs
 * once, in a process of its own: without this, each process loads the compiler that strips types, for one file.
 */

import { globSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

/** First what every server runs, so that the cache holds the functions that a start calls. */
await import('../src/cli/serve.ts')
const { warmUp } = await import('../src/app/warm-up.ts')
await warmUp()

const SOURCES = ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts']
const files = globSync(SOURCES).filter((path) => !path.includes('node_modules'))
try {
  await import(loaderOf(files))
} catch (error) {
  if (!(error instanceof Error && 'code' in error && error.code === 'ERR_UNSUPPORTED_ESM_URL_SCHEME'))
    throw error
}

/** A module that loads, and so compiles, all files, and runs none: Node finds at its end that the last one cannot exist. */
function loaderOf(paths: readonly string[]): string {
  const urls = [...paths.map((path) => pathToFileURL(path).href), 'never:run']
  const imports = urls.map((url) => `import ${JSON.stringify(url)}`)
  return `data:text/javascript,${encodeURIComponent(imports.join('\n'))}`
}
