import { accountRootArn } from '../../api/arn.ts'
import { KmsError } from '../../api/errors.ts'
import type { Call } from '../../dispatch/operation.ts'
import type { ContextLookup } from '../../policy/context.ts'
import type { KmsDependencies, UsageKnown } from '../kms-dependencies.ts'
import { entriesContext } from './key-context.ts'
import type { Key } from './keys.ts'

const CONDITION_KEY = 'kms:trailingdayswithoutkeyusage'
const DAY_MS = 86_400_000
const NOTHING: ContextLookup = () => undefined

/**
 * `kms:TrailingDaysWithoutKeyUsage`: whole days since the last use, or since creation. Use is
 * tracked from the first event on, which is before any key, so tracking begins with the key.
 *
 * A root user has no policies of its own, so for it the index is asked only when the key policy
 * wants to know. When the index does not know up to now, the value cannot be asked for: neither an
 * Allow nor a Deny may rest on an old one, and what asks for none is decided all the same.
 *
 * Source: AWS KMS Developer Guide, "Condition keys for AWS KMS". The lookup throws
 * DependencyTimeoutException.
 */
export async function unusedDays(
  key: Key,
  { caller, now }: Call,
  dependencies: KmsDependencies,
): Promise<ContextLookup> {
  const isRoot = caller.arn === accountRootArn(caller.account)
  if (isRoot && !key.record.value.policy.toLowerCase().includes(CONDITION_KEY)) return NOTHING
  let known: UsageKnown
  try {
    known = await dependencies.lastUsage(key.account, key.region, key.keyId)
  } catch (cause) {
    return unknownUsage(cause)
  }
  if (!known.current) return unknownUsage(undefined)
  const since = known.last === undefined ? key.record.value.createdAt : known.last.second * 1000
  return entriesContext({ [CONDITION_KEY]: String(Math.max(0, Math.floor((now - since) / DAY_MS))) })
}

function unknownUsage(cause: unknown): ContextLookup {
  return (name) => {
    if (name !== CONDITION_KEY) return undefined
    const message = 'The last usage of the key is not known yet.'
    throw new KmsError('DependencyTimeoutException', message, { cause })
  }
}
