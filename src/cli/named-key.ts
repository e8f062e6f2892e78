import { KmsError } from '../api/errors.ts'
import { systemClock } from '../base/ports.ts'
import { findKeyPlace } from '../compliance/gather/keys.ts'
import type { Config } from '../config/settings.ts'
import type { OpenIndex } from './index-service.ts'

/** The place of a key that an operator names by its ARN, id, alias or alias ARN; nothing when there is none. */
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

/** What is said when a text names no key. */
export function noKey({ account, region }: Config, text: string): string {
  return `there is no key '${text}': a key ARN or alias ARN, or a key id or alias of account ${account} in ${region} required (--account and --region say another)`
}
