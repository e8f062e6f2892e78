import { join } from 'node:path'
import { ENDPOINT_FILE, endpointOf } from '../app/deployment.ts'
import { readRegularText } from '../base/regular-file.ts'
import type { Config } from '../config/settings.ts'

/** The endpoint of a data folder's server: from its endpoint file, else from the configuration. */
export async function currentEndpoint(config: Config): Promise<string> {
  return (await findEndpoint(config)) ?? endpointOf(config, config.listen.port)
}

/** The endpoint of a data folder's server; nothing without an endpoint file, since then no server runs. */
export async function findEndpoint(config: Config): Promise<string | undefined> {
  const path = join(config.data, ENDPOINT_FILE)
  try {
    return (await readRegularText(path)).trim()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`${path}: ${reason}`, { cause: error })
  }
}
