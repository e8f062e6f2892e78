/**
 * Builds the console into `dist/`: the files, the same compressed by Brotli, and a check of their sizes. `npm ci` runs it by
 * the script `prepare`.
 */

import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants } from 'node:zlib'

const FOLDER = import.meta.dirname
const DIST = join(FOLDER, 'dist')
/** What a browser loads before it shows the sign-in page, and the first view, compressed. */
const LIMITS_KB = { signIn: 100, firstView: 450 }
/** The module of the page, and that of the first view, which it loads after sign-in. */
const PAGE = 'index.html'
const FIRST_VIEW = 'src/app/app.tsx'

const compress = promisify(brotliCompress)

type Chunk = {
  readonly file: string
  readonly css?: readonly string[]
  readonly imports?: readonly string[]
}
type Manifest = Readonly<Record<string, Chunk>>

/** Makes everything. @throws Error when a file is larger than it may be. */
async function buildConsole(): Promise<void> {
  const vite = await findVite()
  if (vite === undefined) {
    process.stdout.write(
      'console: not built, because development packages are left out: copy console/dist instead\n',
    )
    return
  }
  await vite.build({ root: FOLDER, logLevel: 'warn' })
  const sizes = await compressAll()
  const manifest = parseManifest(await readFile(join(DIST, '.vite/manifest.json'), 'utf8'))
  const signIn = filesOf(manifest, [PAGE])
  const firstView = filesOf(manifest, [PAGE, FIRST_VIEW])
  check('sign-in page', signIn, sizes, LIMITS_KB.signIn)
  check('first view', firstView, sizes, LIMITS_KB.firstView)
}

/** Vite; nothing where npm was told to leave development packages out. */
async function findVite() {
  try {
    return await import('vite')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') return undefined
    throw error
  }
}

/** Compresses every file that gets smaller so; gives the size that each is sent in. */
async function compressAll(): Promise<ReadonlyMap<string, number>> {
  const names = (await readdir(DIST, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.(?:js|css|html|svg)$/.test(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name))
  const sizes = new Map<string, number>()
  await Promise.all(
    names.map(async (path) => {
      const bytes = await readFile(path)
      const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY }
      const small = await compress(bytes, { params })
      const isSmaller = small.length < bytes.length
      if (isSmaller) await writeFile(`${path}.br`, small)
      sizes.set(path.slice(DIST.length + 1), isSmaller ? small.length : bytes.length)
    }),
  )
  return sizes
}

/** The files that these modules need, with all that they import at once. */
function filesOf(manifest: Manifest, modules: readonly string[]): ReadonlySet<string> {
  const files = new Set<string>()
  const seen = new Set<string>()
  const add = (name: string): void => {
    if (seen.has(name)) return
    seen.add(name)
    const chunk = manifest[name]
    if (chunk === undefined) throw new Error(`the manifest of the build has no ${name}`)
    for (const file of [chunk.file, ...(chunk.css ?? [])]) files.add(file)
    for (const imported of chunk.imports ?? []) add(imported)
  }
  for (const name of modules) add(name)
  return files
}

/** @throws Error when the files are larger than the limit. */
function check(
  what: string,
  files: ReadonlySet<string>,
  sizes: ReadonlyMap<string, number>,
  limitKb: number,
): void {
  let sizeBytes = 0
  for (const file of files) sizeBytes += sizes.get(file) ?? 0
  const sizeKb = Math.ceil(sizeBytes / 1024)
  if (sizeKb > limitKb)
    throw new Error(`the ${what} of the console takes ${sizeKb} KB, more than ${limitKb} KB`)
  process.stdout.write(`console: the ${what} takes ${sizeKb} KB of ${limitKb} KB\n`)
}

function parseManifest(text: string): Manifest {
  return JSON.parse(text) as Manifest
}

await buildConsole()
