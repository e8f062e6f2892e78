import { parseAddressBlock } from './address.ts'
import type { PolicyDocument, Statement } from './document.ts'
import type { Condition } from './operators.ts'

/**
 * Whether a policy grants access to the public: to everybody, without a condition that limits them to known principals,
 * networks or resources. Wildcards and variables in a condition's values limit nobody.
 *
 * Source: Amazon S3 User Guide, "The meaning of 'public'".
 */
export function isPublic({ statements }: PolicyDocument): boolean {
  return statements.some(isOpen)
}

function isOpen({ effect, principals, conditions }: Statement): boolean {
  if (effect !== 'Allow' || principals === undefined) return false
  if (!principals.negated && !principals.values.some(({ kind }) => kind === 'Everyone')) return false
  return !conditions.some(limits)
}

/** Condition keys whose fixed values name somebody, in lower case. Source: as {@link isPublic}. */
const LIMITING: ReadonlySet<string> = new Set([
  'aws:principalaccount',
  'aws:principalarn',
  'aws:principalorgid',
  'aws:principalorgpaths',
  'aws:sourceaccount',
  'aws:sourcearn',
  'aws:sourceip',
  'aws:sourceorgid',
  'aws:sourceowner',
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:userid',
  's3:dataaccesspointaccount',
  's3:dataaccesspointarn',
  's3:x-amz-server-side-encryption-aws-kms-key-id',
])

/** Shorter prefixes of addresses count as the whole Internet. Source: as {@link isPublic}. */
const PREFIX_MIN_BITS = { v4: 8, v6: 32 }
/** A wildcard or a variable. */
const OPEN_VALUE = /[*?]|\$\{/

function limits({ operator, key, values }: Condition): boolean {
  if (operator.negated || operator.ifExists || operator.quantifier === 'ForAllValues') return false
  if (!LIMITING.has(key.toLowerCase())) return false
  switch (operator.comparison) {
    case 'StringEquals':
    case 'StringEqualsIgnoreCase':
    case 'StringLike':
    case 'ArnLike':
      return !values.some((value) => OPEN_VALUE.test(value))
    case 'IpAddress':
      return values.every(isNarrow)
    default:
      return false
  }
}

function isNarrow(text: string): boolean {
  const slash = text.indexOf('/')
  if (parseAddressBlock(text) === undefined) return false
  return slash < 0 || Number(text.slice(slash + 1)) >= PREFIX_MIN_BITS[text.includes(':') ? 'v6' : 'v4']
}
