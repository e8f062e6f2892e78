import { keyArn } from '../api/arn.ts'
import { KmsError } from '../api/errors.ts'
import { systemClock } from '../base/ports.ts'
import { findKeyPlace } from '../compliance/gather/keys.ts'
import { ConfigError } from '../config/setting.ts'
import type { Config } from '../config/settings.ts'
import type { OpenIndex } from './index-service.ts'

/** The location of the key with this ARN, ID, alias or alias ARN; nothing when no such key exists. */
export async function placeOf(
  { account, region }: Config,
  records: OpenIndex['records'],
  text: string,
): ReturnType<typeof findKeyPlace> {
  try {
    return await findKeyPlace(records, { account, region, now: systemClock.now() }, text)
  } catch (error) {
    if (error instanceof KmsError) return undefined
    throw error
  }
}

/** The error for a text that names no key, in an option or operand. */
export function noKey(name: string, { account, region }: Config, text: string): ConfigError {
  return new ConfigError(
    `${name}: expected an existing key, by ARN, alias ARN, or by ID or alias name in account ${account} and ${region}; got '${text}'. --account and --region select others`,
  )
}

const KEY_ARN = /^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/

/** The key that an operator names. A deleted key still has recorded calls; only its ARN finds it. */
export async function usedKey(
  name: string,
  config: Config,
  records: OpenIndex['records'],
  text: string,
): Promise<{ readonly arn: string; readonly exists: boolean }> {
  const place = await placeOf(config, records, text)
  if (place !== undefined) return { arn: keyArn(place.region, place.account, place.keyId), exists: true }
  if (KEY_ARN.test(text)) return { arn: text, exists: false }
  throw noKey(name, config, text)
}
