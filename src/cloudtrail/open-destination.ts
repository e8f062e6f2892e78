import type { Clock } from '../base/ports.ts'
import { putObject } from '../client/s3.ts'
import { type Destination, folderDestination } from './destination.ts'

/** Where trails are to deliver. */
export type DestinationOptions = {
  /** A folder, or `http(s)://HOST:PORT` of an S3-compatible service. */
  readonly to: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined
  readonly region: string
  readonly clock: Clock
}

/** The destination of these options. @throws Error for a service without credentials. */
export function openDestination({ to, credentials, region, clock }: DestinationOptions): Destination {
  if (!/^https?:/.test(to)) return folderDestination(to)
  if (credentials === undefined)
    throw new Error('HOLDFAST_TRAILS is a URL: set HOLDFAST_TRAILS_CREDENTIALS too')
  const bucket = { endpoint: to, region, credentials, clock }
  return { put: (object) => putObject(bucket, object) }
}
