import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ENDPOINT_FILE, endpointOf } from '../app.ts'
import type { Config } from '../config/settings.ts'

/** Where the server of a data folder listens: as it has written down, else as it is configured. */
export async function currentEndpoint(config: Config): Promise<string> {
  try {
    return (await readFile(join(config.data, ENDPOINT_FILE), 'utf8')).trim()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return endpointOf(config, config.listen.port)
    throw error
  }
}
