import { KmsError } from '../api/errors.ts'
import type { EpochMs } from '../base/ports.ts'
import type { ContextLookup } from '../policy/context.ts'
import { entriesContext } from './context.ts'
import type { Key } from './keys.ts'
import type { KmsParts } from './parts.ts'

const CONDITION_KEY = 'kms:trailingdayswithoutkeyusage'
const DAY_MS = 86_400_000
const NOTHING: ContextLookup = () => undefined

/**
 * `kms:TrailingDaysWithoutKeyUsage`: whole days since the last use, or since creation. Use is
 * tracked from the first event on, which is before any key, so tracking begins with the key.
 *
 * It is fetched only when the key policy asks for it: to disable a key must not depend on the index
 * otherwise.
 *
 * @throws DependencyTimeoutException when the index does not know up to now: neither an Allow nor a
 *   Deny may rest on an old value. Source: AWS KMS Developer Guide, "Condition keys for AWS KMS".
 */
export async function unusedDays(key: Key, now: EpochMs, parts: KmsParts): Promise<ContextLookup> {
  if (!key.record.value.policy.toLowerCase().includes(CONDITION_KEY)) return NOTHING
  const known = await parts.lastUsage(key.account, key.region, key.keyId).catch((cause: unknown) => {
    throw unknown(cause)
  })
  if (!known.current) throw unknown(undefined)
  const since = known.last === undefined ? key.record.value.createdAt : known.last.second * 1000
  return entriesContext({ [CONDITION_KEY]: String(Math.max(0, Math.floor((now - since) / DAY_MS))) })
}

function unknown(cause: unknown): KmsError {
  return new KmsError('DependencyTimeoutException', 'The last usage of the key is not known yet.', { cause })
}
