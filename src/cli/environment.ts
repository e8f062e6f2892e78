import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { CREDENTIALS_FILE, isDataFolder } from '../app/deployment.ts'
import { readCredentialsFile } from '../config/credentials-file.ts'
import type { Config } from '../config/settings.ts'
import type { Command } from './command.ts'
import { currentEndpoint } from './endpoint.ts'

/** `holdfast env`: lines for a shell that point AWS clients here. */
export const environment: Command = {
  name: 'env',
  about: 'prints export lines that point AWS clients at the server: eval "$(holdfast env)"',
  run: async ({ config, output }) => {
    const path = resolve(config.data, CREDENTIALS_FILE)
    if (!isDataFolder(config))
      output.complain(`holdfast: ${config.data} is not a data folder yet: start the server first`)
    else if ((await readCredentialsFile(path)) === undefined)
      output.complain(
        `holdfast: there are no credentials at ${path}: AWS_SHARED_CREDENTIALS_FILE and AWS_PROFILE are left as they are. Use your own, or make new ones with holdfast root-credentials create`,
      )
    for (const line of environmentLines(config, await currentEndpoint(config))) output.print(line)
    return 0
  },
}

/** The services that clients are pointed at, as the variables of their SDKs spell them. */
const SERVICES = ['KMS', 'IAM', 'STS', 'CLOUDTRAIL']

/** The export lines; values are quoted for a POSIX shell. */
export function environmentLines(config: Config, endpoint: string): readonly string[] {
  return [
    ...SERVICES.map((service) => `export AWS_ENDPOINT_URL_${service}=${quote(endpoint)}`),
    `export AWS_REGION=${quote(config.region)}`,
    `export AWS_DEFAULT_REGION=${quote(config.region)}`,
    ...credentialLines(config),
  ]
}

/** Nothing where there is no file: clients that are pointed at a file that is not there fail, whatever else they have. */
function credentialLines(config: Config): readonly string[] {
  const path = resolve(config.data, CREDENTIALS_FILE)
  if (isDataFolder(config) && !existsSync(path)) return []
  return [`export AWS_SHARED_CREDENTIALS_FILE=${quote(path)}`, `export AWS_PROFILE=${profileOf(config)}`]
}

/** The profile that holds the account's credentials: its own, unless it was the first of the folder. */
function profileOf(config: Config): string {
  const path = join(config.data, CREDENTIALS_FILE)
  const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
  return text.includes(`[${config.account}]\n`) ? config.account : 'default'
}

function quote(text: string): string {
  return /^[A-Za-z0-9_./:[\]-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
