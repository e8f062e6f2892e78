import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ENDPOINT_FILE } from '../app.ts'
import { type Config, formatAddress } from '../config/settings.ts'

/** The URL of an address. */
export function endpointUrl(config: Config): string {
  return `${config.tls === undefined ? 'http' : 'https'}://${formatAddress(config.listen)}`
}

/** Where the server of a data folder listens: as it has written down, else as it is configured. */
export async function currentEndpoint(config: Config): Promise<string> {
  try {
    return (await readFile(join(config.data, ENDPOINT_FILE), 'utf8')).trim()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return endpointUrl(config)
    throw error
  }
}
