import { parseDestination } from './places.ts'
import { type Given, pathSetting, read, setting } from './setting.ts'

/** The destination of trails. */
export type TrailsConfig = {
  /** A folder or URL; by default a folder in the data folder. */
  readonly to: string | undefined
  /** Path of the credentials for a URL. */
  readonly credentialsFile: string | undefined
}

/** The settings of the audit log's delivery. */
export const AUDIT_SETTINGS = {
  trails: setting({
    variable: 'HOLDFAST_TRAILS',
    flag: 'trails',
    byDefault: undefined,
    about: 'where trails deliver: a folder of buckets, or the URL of an S3-compatible service',
    expected: 'a path, or http(s)://HOST:PORT',
    parse: parseDestination,
  }),
  trailsCredentials: pathSetting({
    variable: 'HOLDFAST_TRAILS_CREDENTIALS',
    flag: 'trails-credentials',
    about: "the credentials for the URL in HOLDFAST_TRAILS: a file in AWS's shared-credentials format",
  }),
  prices: pathSetting({
    variable: 'HOLDFAST_PRICES',
    flag: 'prices',
    about: 'a price table, a JSON file; holdfast usage shows costs with it',
  }),
}

/** @throws ConfigError. */
export function parseTrails(given: Given): TrailsConfig {
  return {
    to: read(AUDIT_SETTINGS.trails, given),
    credentialsFile: read(AUDIT_SETTINGS.trailsCredentials, given),
  }
}
