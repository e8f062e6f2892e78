import { printable, printableJson } from '../base/printable.ts'
import type { SendContext } from '../policy/smallest-change.ts'

type RightKey = SendContext['keys'][number]
type Wanted = RightKey['asked'][number]

const CONTEXT_PREFIX = 'kms:encryptioncontext:'
/** The maximum number of values in a line. */
const VALUES_SHOWN = 8

/** The source of a condition key's value, by the key's lower-case prefix. */
const COMES_FROM: readonly (readonly [string, string])[] = [
  ['aws:multifactorauth', 'a session that was made with MFA'],
  ['aws:securetransport', 'a call over TLS'],
  ['aws:sourceip', 'the address that the call comes from'],
  ['aws:principaltag/', 'a tag of the caller: a user, role or session has it'],
  ['aws:resourcetag/', 'a tag of the resource'],
  ['aws:requesttag/', 'a tag in the call'],
  ['aws:tagkeys', 'the tags in the call'],
  ['aws:sourceidentity', 'SourceIdentity of the AssumeRole that made the session'],
  ['aws:tokenissuetime', 'when the session was made'],
  ['aws:currenttime', 'when the call is made'],
  ['aws:epochtime', 'when the call is made'],
  ['aws:viaawsservice', 'a call that a service makes for the caller'],
  ['aws:calledvia', 'a call that a service makes for the caller'],
  ['aws:useragent', 'what the client says of itself'],
  ['kms:encryptioncontextkeys', 'the names in the encryption context'],
  ['kms:viaservice', 'a call that this service makes for the caller'],
  ['kms:resourcealiases', 'an alias of the key'],
  ['kms:requestalias', 'the alias that the call names the key by'],
  ['kms:grantisforawsresource', 'a call that a service makes for the caller'],
  ['sts:externalid', 'ExternalId of AssumeRole'],
  ['sts:rolesessionname', 'RoleSessionName of AssumeRole'],
  ['sts:sourceidentity', 'SourceIdentity of AssumeRole'],
]

/** Says which value of a condition key a call needs. */
export function formatRightKey({ key, value, asked }: RightKey): readonly string[] {
  const lower = key.toLowerCase()
  const isContext = lower.startsWith(CONTEXT_PREFIX)
  const name = isContext
    ? `encryption context ${printable(key.slice(CONTEXT_PREFIX.length))}`
    : printable(key)
  const from = COMES_FROM.find(([begins]) => lower.startsWith(begins))?.[1]
  const hint = from === undefined ? '' : ` (${from})`
  if (value === undefined) return [`make the call without ${name}${hint}`]
  const exact = exactValues(asked)
  if (exact !== undefined) return [`make the call with ${name} = ${exact}${hint}`]
  return [`make the call with ${name} for which ${asked.map(formatWanted).join(' and ')}${hint}`]
}

const EXACT: ReadonlySet<string> = new Set([
  ...['StringEquals', 'StringEqualsIfExists', 'StringEqualsIgnoreCase', 'Bool', 'BoolIfExists'],
  ...['NumericEquals', 'ForAnyValue:StringEquals'],
])
/** Operators with two values only: if one fails, the other matches. */
const OPPOSITE: ReadonlySet<string> = new Set(['Bool', 'BoolIfExists'])
const EXACT_NEGATED: ReadonlySet<string> = new Set(['StringNotEquals', 'StringNotEqualsIfExists'])

/** The accepted values, where the policy lists them. */
function exactValues([first, ...others]: readonly Wanted[]): string | undefined {
  if (first === undefined || others.length > 0) return undefined
  const { operator, values, holds } = first
  const isListed = holds ? EXACT.has(operator) : EXACT_NEGATED.has(operator)
  if (isListed) return formatValues(values, ' or ')
  const [only = ''] = values
  if (holds || values.length !== 1 || !OPPOSITE.has(operator)) return undefined
  return printableJson(only.toLowerCase() === 'true' ? 'false' : 'true')
}

function formatWanted({ operator, values, holds }: Wanted): string {
  return `${operator} ${formatValues(values, ', ')} ${holds ? 'holds' : 'does not hold'}`
}

function formatValues(values: readonly string[], between: string): string {
  const shown = values.slice(0, VALUES_SHOWN).map((value) => printableJson(value))
  const more = values.length - shown.length
  return more > 0 ? `${shown.join(between)} and ${more} more` : shown.join(between)
}
