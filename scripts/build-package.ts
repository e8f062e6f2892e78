/**
 * Writes `dist/`, the JavaScript of the npm package: `npm pack` runs it by the script `prepack`.
 *
 * Node strips no types below `node_modules`, so the package has JavaScript. Node's own function strips the types here, as
 * it does when the server runs from the sources: it puts spaces in their place, so that a stack trace of the package
 * names the same line and column as the source, and needs no source map.
 */

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { VERSION } from '../src/base/version.ts'
import { findParts, formatBill, formatLicences } from './package-contents.ts'

const ROOT = join(import.meta.dirname, '..')
const SOURCES = join(ROOT, 'src')
const DIST = join(ROOT, 'dist')
/** The types of all calls with JSON, which programs can import as `holdfast/operations`. */
const OPERATIONS = join(ROOT, 'console/src/api/operations.ts')
/** Where the built console begins: without it the package would have no pages. */
const CONSOLE = join(ROOT, 'console/dist/index.html')

/** What the package contains of others, in `dist`. */
const BILL = 'sbom.cdx.json'
const LICENCES = 'third-party-licences.txt'

/** A relative module, in any form of import: what is before its extension, and the quote after it. */
const RELATIVE_IMPORT = /(\b(?:from|import)\s*\(?\s*'\.{1,2}\/[^'\n]+)\.ts'/g

/** Writes everything. @throws Error when the console is not built, or a module is missing. */
async function buildPackage(): Promise<void> {
  if (!existsSync(CONSOLE))
    throw new Error(`${relative(ROOT, CONSOLE)} does not exist: npm run build:console`)
  await rm(DIST, { recursive: true, force: true })
  const names = (await readdir(SOURCES, { recursive: true })).filter(isProgram)
  await Promise.all(names.map((name) => strip(join(SOURCES, name), join(DIST, name))))
  await strip(OPERATIONS, join(DIST, 'operations.ts'))
  await declareTypes(OPERATIONS)
  const parts = await findParts()
  await writeFile(join(DIST, BILL), formatBill(VERSION, parts))
  await writeFile(join(DIST, LICENCES), await formatLicences(parts))
  process.stdout.write(`package: ${names.length} modules in dist\n`)
}

function isProgram(name: string): boolean {
  return name.endsWith('.ts') && !name.endsWith('.test.ts')
}

/** Writes the JavaScript of one source file. */
async function strip(source: string, target: string): Promise<void> {
  const code = stripTypeScriptTypes(await readFile(source, 'utf8'))
  for (const [, start = ''] of code.matchAll(RELATIVE_IMPORT)) {
    const path = join(dirname(source), `${start.slice(start.indexOf("'") + 1)}.ts`)
    if (!existsSync(path))
      throw new Error(`${relative(ROOT, source)} imports ${relative(ROOT, path)}, which does not exist`)
  }
  const output = target.replace(/\.ts$/, '.js')
  await mkdir(dirname(output), { recursive: true })
  await writeFile(output, code.replaceAll(RELATIVE_IMPORT, "$1.js'"))
}

/** Writes the declarations of a module that imports nothing. */
async function declareTypes(source: string): Promise<void> {
  const compiler = join(ROOT, 'node_modules/.bin/tsc')
  const options = ['--declaration', '--emitDeclarationOnly', '--ignoreConfig', '--outDir', DIST]
  await promisify(execFile)(compiler, [...options, source])
}

await buildPackage()
