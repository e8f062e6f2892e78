import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { CREDENTIALS_FILE } from '../app/deployment.ts'
import { readCredentialsFile } from '../config/credentials-file.ts'
import type { Config } from '../config/settings.ts'
import type { CommandInput } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { currentEndpoint } from './endpoint.ts'
import { printResult } from './result.ts'

/**
 * `holdfast env`: prints shell lines that configure AWS clients for this server. @throws ConfigError without a
 * data folder.
 */
export async function printEnvironment(input: CommandInput): Promise<number> {
  const { config, output } = input
  requireDataFolder(config)
  const path = resolve(config.data, CREDENTIALS_FILE)
  if ((await readCredentialsFile(path)) === undefined)
    output.complain(
      `holdfast: no credentials at ${path}. Use your own, or run holdfast root-credentials create`,
    )
  const endpoint = await currentEndpoint(config)
  printResult(input, Object.fromEntries(environmentOf(config, endpoint)), () =>
    environmentLines(config, endpoint),
  )
  return 0
}

/** The services with an endpoint variable, as the SDKs spell them. */
const SERVICES = ['KMS', 'IAM', 'STS', 'CLOUDTRAIL']

/** The export lines; values are quoted for a POSIX shell. */
export function environmentLines(config: Config, endpoint: string): readonly string[] {
  return environmentOf(config, endpoint).map(([name, value]) => `export ${name}=${quote(value)}`)
}

type Variable = readonly [name: string, value: string]

function environmentOf(config: Config, endpoint: string): readonly Variable[] {
  return [
    ...SERVICES.map((service): Variable => [`AWS_ENDPOINT_URL_${service}`, endpoint]),
    ['AWS_REGION', config.region],
    ['AWS_DEFAULT_REGION', config.region],
    ...credentialVariables(config),
  ]
}

/** None without a file: a client that is configured with a missing file fails, even with other credentials. */
function credentialVariables(config: Config): readonly Variable[] {
  const path = resolve(config.data, CREDENTIALS_FILE)
  if (!existsSync(path)) return []
  return [
    ['AWS_SHARED_CREDENTIALS_FILE', path],
    ['AWS_PROFILE', profileOf(config)],
  ]
}

/** The profile with the account's credentials: its ID, or `default` for the first account of the folder. */
function profileOf(config: Config): string {
  const path = join(config.data, CREDENTIALS_FILE)
  const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
  return text.includes(`[${config.account}]\n`) ? config.account : 'default'
}

function quote(text: string): string {
  return /^[A-Za-z0-9_./:[\]-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
