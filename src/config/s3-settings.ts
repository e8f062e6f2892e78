import { join } from 'node:path'
import { type Address, parseAddress } from './places.ts'
import { type Given, need, pathSetting, read, setting } from './setting.ts'

/** The configuration of the S3 gateway. */
export type S3Config = {
  readonly listen: Address
  /** The folder of the objects. */
  readonly folder: string
  /** The domain below which a host names a bucket, in lower case. */
  readonly domain: string | undefined
}

/** The folder of the objects within the data folder, unless a setting names another. */
const FOLDER = 's3'

/** The settings of the S3 gateway. */
export const S3_SETTINGS = {
  s3Listen: setting({
    variable: 'HOLDFAST_S3_LISTEN',
    flag: 's3-listen',
    byDefault: '127.0.0.1:7690',
    about: 'the address that s3 serve serves on; any other than a loopback address requires TLS',
    expected: 'ADDRESS:PORT, for example 127.0.0.1:7690 or [::1]:7690',
    parse: parseAddress,
  }),
  s3Folder: pathSetting({
    variable: 'HOLDFAST_S3_FOLDER',
    flag: 's3-folder',
    about: 'the folder of the objects of the S3 gateway; without it, s3 in the data folder',
  }),
  s3Domain: setting({
    variable: 'HOLDFAST_S3_DOMAIN',
    flag: 's3-domain',
    byDefault: undefined,
    about: 'the domain below which a host name of the S3 gateway names a bucket, as in photos.s3.example',
    expected: 'a domain name, for example s3.example',
    parse: (text) => (/^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/i.test(text) ? text.toLowerCase() : undefined),
  }),
}

/** @throws ConfigError. */
export function parseS3(given: Given, data: string): S3Config {
  return {
    listen: need(S3_SETTINGS.s3Listen, given),
    folder: read(S3_SETTINGS.s3Folder, given) ?? join(data, FOLDER),
    domain: read(S3_SETTINGS.s3Domain, given),
  }
}
