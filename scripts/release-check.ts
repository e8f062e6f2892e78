/** Checks that the clone is ready for the release that package.json names: `npm run release:check`. */

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { VERSION } from '../src/base/version.ts'

const ROOT = join(import.meta.dirname, '..')
/** A release in the changelog: its version, and its day. */
const RELEASE = /^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})$/gm

/** What people do after the checks. */
const BY_HAND = `By hand: run .ci/run on a clean clone; tag the commit v${VERSION}; npm pack; publish the file with its SHA-512;
then npm run release:record -- ${VERSION} LAUNCHER. docs/reference/releases.md has the steps.`

/** What contradicts the version of the release in files that name it. */
export async function versionProblems(): Promise<readonly string[]> {
  const problems: string[] = []
  const read = (path: string): Promise<string> => readFile(join(ROOT, path), 'utf8')
  for (const path of ['package.json', 'console/package.json', 'package-lock.json']) {
    const { version } = JSON.parse(await read(path))
    if (version !== VERSION) problems.push(`${path} has version ${version}, src/base/version.ts ${VERSION}`)
  }
  const [latest, ...earlier] = [...(await read('CHANGELOG.md')).matchAll(RELEASE)]
  if (latest?.[1] !== VERSION) problems.push(`CHANGELOG.md begins with ${latest?.[1]}, not with ${VERSION}`)
  for (const [, version = ''] of earlier) {
    if (!existsSync(join(ROOT, 'test/releases', version)))
      problems.push(`test/releases has no data folder of ${version}`)
  }
  for (const path of ['README.md', 'SECURITY.md', 'docs/reference/releases.md']) {
    if (!(await read(path)).includes(VERSION)) problems.push(`${path} does not name ${VERSION}`)
  }
  return problems
}

/** What in the clone is not that of a release. */
function cloneProblems(): readonly string[] {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' })
  const problems: string[] = []
  if (git('status', '--porcelain') !== '') problems.push('there are changes that are not committed')
  if (git('tag', '--list', `v${VERSION}`) !== '') problems.push(`the tag v${VERSION} exists`)
  return problems
}

if (import.meta.main) {
  const problems = [...(await versionProblems()), ...cloneProblems()]
  for (const problem of problems) process.stderr.write(`${problem}\n`)
  process.stdout.write(problems.length === 0 ? `${VERSION} is ready.\n${BY_HAND}\n` : '')
  process.exitCode = problems.length === 0 ? 0 : 1
}
