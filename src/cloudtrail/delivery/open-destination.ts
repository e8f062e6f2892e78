import { stat } from 'node:fs/promises'
import type { Clock } from '../../base/ports.ts'
import { UsageError } from '../../base/usage-error.ts'
import { putObject } from '../../client/s3.ts'
import { type Destination, folderDestination } from './destination.ts'

/** The options of trails' destination. */
export type DestinationOptions = {
  /** A folder, or `http(s)://HOST:PORT` of an S3-compatible service. */
  readonly to: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined
  readonly region: string
  readonly clock: Clock
}

/** The destination of these options. @throws UsageError for a service without credentials, or a file. */
export async function openDestination({
  to,
  credentials,
  region,
  clock,
}: DestinationOptions): Promise<Destination> {
  if (!/^https?:/.test(to)) {
    const present = await stat(to).catch(() => undefined)
    if (present !== undefined && !present.isDirectory()) {
      throw new UsageError(`HOLDFAST_TRAILS: cannot use '${to}': it is not a folder`)
    }
    return folderDestination(to)
  }
  if (credentials === undefined)
    throw new UsageError('HOLDFAST_TRAILS is a URL: set HOLDFAST_TRAILS_CREDENTIALS too')
  const bucket = { endpoint: to, region, credentials, clock }
  return { put: (object) => putObject(bucket, object) }
}
