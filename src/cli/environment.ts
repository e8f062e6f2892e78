import { resolve } from 'node:path'
import { CREDENTIALS_FILE } from '../app.ts'
import type { Config } from '../config/settings.ts'
import type { Command } from './command.ts'
import { currentEndpoint } from './endpoint.ts'

/** `holdfast env`: lines for a shell that point AWS clients here. */
export const environment: Command = {
  name: 'env',
  about: 'prints export lines that point AWS clients at the server: eval "$(holdfast env)"',
  run: async ({ config, output }) => {
    for (const line of environmentLines(config, await currentEndpoint(config))) output.print(line)
    return 0
  },
}

/** The export lines; values are quoted for a POSIX shell. */
export function environmentLines(config: Config, endpoint: string): readonly string[] {
  return [
    `export AWS_ENDPOINT_URL_KMS=${quote(endpoint)}`,
    `export AWS_REGION=${quote(config.region)}`,
    `export AWS_DEFAULT_REGION=${quote(config.region)}`,
    `export AWS_SHARED_CREDENTIALS_FILE=${quote(resolve(config.data, CREDENTIALS_FILE))}`,
    'export AWS_PROFILE=default',
  ]
}

function quote(text: string): string {
  return /^[A-Za-z0-9_./:[\]-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
