/** What the npm package contains of others: a bill of materials and the texts of licences, from the lock file. */

import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
/** Packages of the console's workspace that build it, and leave nothing of their own in it. */
const BUILD_TOOLS = /^(?:vite|@vitejs\/.+|@types\/.+)$/
/** Files of a package with the text of its licence. */
const LICENCE_FILE = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i
const SHA512 = 'sha512-'

type Locked = {
  readonly version?: string
  readonly license?: string
  readonly integrity?: string
  readonly optional?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}
type Lock = Readonly<Record<string, Locked>>

/** A package that is part of the npm package, or that npm installs with it. */
export type Part = {
  /** Its folder in the clone. */
  readonly path: string
  readonly name: string
  readonly version: string
  /** An SPDX expression. */
  readonly license: string
  /** Base64 of the SHA-512 of its archive. */
  readonly sha512: string
  /** Whether npm installs it on some platforms only. */
  readonly optional: boolean
  /** Whether the server or the console itself needs it. */
  readonly direct: boolean
  /** The folders of those that it needs. */
  readonly needs: readonly string[]
}

/** All packages that the server and the built console need, by their folders. @throws Error for one without a licence. */
export async function findParts(): Promise<readonly Part[]> {
  const { packages } = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Lock
  }
  const built = Object.keys(packages['console']?.devDependencies ?? {}).filter(
    (name) => !BUILD_TOOLS.test(name),
  )
  const direct = [
    ...foldersOf(packages, ''),
    ...built.flatMap((name) => findFolder(packages, 'console', name) ?? []),
  ]
  const waiting = [...direct]
  const parts = new Map<string, Part>()
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (parts.has(path)) continue
    const part = { ...partAt(packages, path), direct: direct.includes(path) }
    parts.set(path, part)
    waiting.push(...part.needs)
  }
  return [...parts.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

function partAt(packages: Lock, path: string): Omit<Part, 'direct'> {
  const { version, license, integrity, optional = false } = packages[path] ?? {}
  if (version === undefined || license === undefined || integrity?.startsWith(SHA512) !== true)
    throw new Error(`${path}: the lock file has no version, no licence or no SHA-512`)
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
  const needs = foldersOf(packages, path)
  return { path, name, version, license, sha512: integrity.slice(SHA512.length), optional, needs }
}

/** The folders of what a package depends on. Those for other platforms may be absent. */
function foldersOf(packages: Lock, path: string): readonly string[] {
  const { dependencies, optionalDependencies } = packages[path] ?? {}
  const names = Object.keys({ ...dependencies, ...optionalDependencies })
  return names.flatMap((name) => findFolder(packages, path, name) ?? [])
}

/** Where Node finds a package: beside the closest folder above. */
function findFolder(packages: Lock, from: string, name: string): string | undefined {
  for (let at = from; ; ) {
    const path = `${at === '' ? '' : `${at}/`}node_modules/${name}`
    if (path in packages) return path
    if (at === '') return undefined
    const end = at.lastIndexOf('/node_modules/')
    at = end < 0 ? '' : at.slice(0, end)
  }
}

/**
 * The bill of materials: CycloneDX 1.6 in JSON. It has neither a time nor an id of its own, so one release has one bill; nor the host
 * that a package came from, since hashes name it.
 */
export function formatBill(release: string, parts: readonly Part[]): string {
  const own = {
    type: 'application',
    'bom-ref': 'holdfast',
    name: 'holdfast',
    version: release,
    purl: `pkg:npm/holdfast@${release}`,
  }
  const refs = new Map(parts.map((part) => [part.path, purlOf(part)]))
  const refsOf = (paths: readonly string[]): readonly string[] =>
    [...new Set(paths.map((path) => refs.get(path) ?? ''))].toSorted()
  const direct = parts.filter((part) => part.direct).map(({ path }) => path)
  const components = new Map(parts.map((part) => [purlOf(part), componentOf(part)]))
  const dependencies = new Map(
    parts.map((part) => [purlOf(part), { ref: purlOf(part), dependsOn: refsOf(part.needs) }]),
  )
  const bill = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { ...own, licenses: [{ license: { id: 'Apache-2.0' } }] } },
    components: [...components.values()],
    dependencies: [{ ref: 'holdfast', dependsOn: refsOf(direct) }, ...dependencies.values()],
  }
  return `${JSON.stringify(bill, undefined, 2)}\n`
}

function componentOf(part: Part): object {
  const [scope, base] = part.name.startsWith('@') ? part.name.split('/') : [undefined, part.name]
  return {
    type: 'library',
    'bom-ref': purlOf(part),
    ...(scope === undefined ? {} : { group: scope }),
    name: base,
    version: part.version,
    scope: part.optional ? 'optional' : 'required',
    hashes: [{ alg: 'SHA-512', content: Buffer.from(part.sha512, 'base64').toString('hex') }],
    licenses: [{ expression: part.license }],
    purl: purlOf(part),
  }
}

function purlOf({ name, version }: Part): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`
}

/** The licences of all packages: a list, and the texts that they come with. */
export async function formatLicences(parts: readonly Part[]): Promise<string> {
  const list = parts.map(({ name, version, license }) => `${name} ${version}: ${license}`)
  const texts = await Promise.all(parts.map(textOf))
  const head =
    'The npm package of Holdfast contains these packages, and the web console is built from them. Packages with Node\nare installed beside it.\n'
  return `${head}\n${[...new Set(list)].join('\n')}\n${texts.join('')}`
}

async function textOf({ path, name, version }: Part): Promise<string> {
  const folder = join(ROOT, path)
  // Those of other platforms are not installed.
  if (!existsSync(folder)) return ''
  const files = (await readdir(folder)).filter((file) => LICENCE_FILE.test(file)).toSorted()
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
  return texts.map((text) => `\n${'='.repeat(80)}\n${name} ${version}\n\n${text.trim()}\n`).join('')
}
