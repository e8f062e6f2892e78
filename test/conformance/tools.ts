/** For tests: tools that others have made. On CI they must be there. */

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { type Ended, holdfast, ROOT, run } from '../support/run.ts'
import type { TestServer } from '../support/server.ts'

/** What CI could not get: it said so, and the tests are skipped. */
const WITHOUT: readonly string[] = (process.env['CONFORMANCE_WITHOUT'] ?? '').split(' ')

/** Why a tool's tests are skipped; `false` when it is there. @throws Error when it is missing on CI. */
export async function missingTool(program: string, args: readonly string[]): Promise<string | false> {
  const found = await run(program, args).catch(() => undefined)
  if (found?.status === 0) return false
  const reason = `${[program, ...args].join(' ')} does not work here`
  return WITHOUT.includes(program) ? reason : missing(reason)
}

/**
 * Why the tests of a package are skipped that a folder of its own has, and that `npm ci` there installs; `false` when
 * it is there. @throws Error when it is missing on CI.
 */
export function missingPackage(folder: string, name: string): string | false {
  try {
    createRequire(join(folder, 'package.json')).resolve(name)
    return false
  } catch {
    const reason = `${name} is not installed: npm ci --prefix ${relative(ROOT, folder)}`
    return WITHOUT.includes(name) ? reason : missing(reason)
  }
}

/**
 * Why the tests are skipped of what a command makes in a folder of its own; `false` when it is there.
 * @throws Error when it is missing on CI.
 */
export function missingFile(folder: string, name: string, command: string): string | false {
  if (existsSync(join(folder, name))) return false
  const place = relative(ROOT, folder)
  const reason = `${name} is not there: (cd ${place} && ${command})`
  return WITHOUT.includes(place) ? reason : missing(reason)
}

/** The folder that Terraform takes its providers from, as `terraform init -plugin-dir` does. */
export const TERRAFORM_PROVIDERS = process.env['CONFORMANCE_TERRAFORM_PROVIDERS'] ?? ''

/**
 * Why the tests of Terraform are skipped; `false` when it and its AWS provider are there. No registry of packages has
 * them, so they may be missing on CI.
 */
export async function missingTerraform(): Promise<string | false> {
  const found = await run('terraform', ['version'], { environment: { CHECKPOINT_DISABLE: '1' } }).catch(
    () => undefined,
  )
  if (found?.status !== 0) return 'terraform does not work here'
  return TERRAFORM_PROVIDERS === '' ? 'CONFORMANCE_TERRAFORM_PROVIDERS names no folder of providers' : false
}

function missing(reason: string): string {
  if (process.env['CI'] === 'true') throw new Error(reason)
  return reason
}

/** The Python that boto3 is looked for in. */
export const PYTHON = process.env['CONFORMANCE_PYTHON'] ?? 'python3'

/** Why the tests of a Python module are skipped; `false` when it is there. @throws Error when it is missing on CI. */
export async function missingModule(module: string): Promise<string | false> {
  const found = await run(PYTHON, ['-c', `import ${module}`]).catch(() => undefined)
  if (found?.status === 0) return false
  const reason = `${module} is not installed for ${PYTHON}`
  return WITHOUT.includes(module) ? reason : missing(reason)
}

/** The environment that `holdfast env` gives to a shell. */
export async function clientEnvironment(server: TestServer): Promise<Readonly<Record<string, string>>> {
  const shell = await run('/bin/sh', ['-c', 'eval "$1"; env', 'sh', (await environmentLines(server)).out])
  const pairs = shell.out
    .split('\n')
    .filter((line) => line.startsWith('AWS_'))
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])
  return {
    ...Object.fromEntries(pairs),
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_MAX_ATTEMPTS: '1',
    AWS_PAGER: '',
  }
}

function environmentLines(server: TestServer): Promise<Ended> {
  return holdfast(['env', `--data=${server.data}`, '--region=eu-west-1'])
}
