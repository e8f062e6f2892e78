import type { TextMap } from '../../api/shapes.ts'
import type { ContextLookup } from '../../policy/context.ts'
import { ALIAS_PREFIX } from './identifier.ts'
import type { Key } from './keys.ts'

/** Condition keys that an operation adds, by lower-case name. */
export type ContextEntries = { readonly [name: string]: ReturnType<ContextLookup> }

const TAG_PREFIX = 'aws:resourcetag/'
const CONTEXT_PREFIX = 'kms:encryptioncontext:'

/**
 * The condition keys of an operation on a key. Values are computed when a policy needs them: most policies
 * need none.
 *
 * Source: AWS KMS Developer Guide, "Condition keys for AWS KMS".
 */
export function keyContext(key: Key, callerAccount: string, more: ContextLookup): ContextLookup {
  const { value } = key.record
  return (name) => {
    if (name.startsWith(TAG_PREFIX)) return findTag(key, name.slice(TAG_PREFIX.length))
    switch (name) {
      case 'kms:calleraccount':
        return callerAccount
      case 'kms:keyspec':
      case 'kms:customermasterkeyspec':
        return value.spec
      case 'kms:keyusage':
      case 'kms:customermasterkeyusage':
        return value.usage
      case 'kms:keyorigin':
        return value.origin
      case 'kms:multiregion':
        return String(value.multiRegion !== undefined)
      case 'kms:multiregionkeytype':
        return multiRegionKeyType(key)
      case 'kms:resourcealiases':
        return value.aliases
      case 'aws:resourceaccount':
        return key.account
      default:
        return more(name)
    }
  }
}

/** Whether a multi-Region key is the primary of its set. */
function multiRegionKeyType(key: Key): 'PRIMARY' | 'REPLICA' | undefined {
  const set = key.record.value.multiRegion
  if (set === undefined) return undefined
  return set.primary === key.region ? 'PRIMARY' : 'REPLICA'
}

/** Tag keys in condition keys are compared without regard to case. */
function findTag(key: Key, lowerName: string): string | undefined {
  return key.record.value.tags.find((tag) => tag.key.toLowerCase() === lowerName)?.value
}

/** A lookup of fixed entries. */
export function entriesContext(entries: ContextEntries): ContextLookup {
  return (name) => (Object.hasOwn(entries, name) ? entries[name] : undefined)
}

/** The condition keys of an encryption context. Names are compared without regard to case. */
export function encryptionContextKeys(context: TextMap | undefined, more: ContextLookup): ContextLookup {
  if (context === undefined || context.size === 0) return more
  let names: readonly string[] | undefined
  let byName: ReadonlyMap<string, string[]> | undefined
  return (name) => {
    if (name === 'kms:encryptioncontextkeys') {
      names ??= [...context.keys()]
      return names
    }
    if (!name.startsWith(CONTEXT_PREFIX)) return more(name)
    byName ??= valuesByName(context)
    const values = byName.get(name.slice(CONTEXT_PREFIX.length))
    return values === undefined || values.length > 1 ? values : values[0]
  }
}

/** Pairs whose names differ only in case are several values of one condition key. */
function valuesByName(context: TextMap): ReadonlyMap<string, string[]> {
  const byName = new Map<string, string[]>()
  for (const [name, value] of context) {
    const lower = name.toLowerCase()
    const values = byName.get(lower)
    if (values === undefined) byName.set(lower, [value])
    else values.push(value)
  }
  return byName
}

/** The alias name in an identifier of a request, for `kms:RequestAlias`. */
export function requestAlias(identifier: string | undefined): string | undefined {
  if (identifier === undefined) return undefined
  if (identifier.startsWith(ALIAS_PREFIX)) return identifier
  const at = identifier.indexOf(`:${ALIAS_PREFIX}`)
  return identifier.startsWith('arn:') && at > 0 ? identifier.slice(at + 1) : undefined
}
