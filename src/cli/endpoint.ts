import { join } from 'node:path'
import { ENDPOINT_FILE, endpointOf } from '../app/deployment.ts'
import { readRegularText } from '../base/regular-file.ts'
import type { Config } from '../config/settings.ts'

/** Where the server of a data folder listens: as it has written down, else as it is configured. */
export async function currentEndpoint(config: Config): Promise<string> {
  return (await findEndpoint(config)) ?? endpointOf(config, config.listen.port)
}

/** Where the server of a data folder listens; nothing when none has written it down, so none runs. */
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
