/** The meaning of a comparison, before it is negated, quantified or made optional. */
export type Comparison =
  | 'StringEquals'
  | 'StringEqualsIgnoreCase'
  | 'StringLike'
  | 'NumericEquals'
  | 'NumericLessThan'
  | 'NumericLessThanEquals'
  | 'NumericGreaterThan'
  | 'NumericGreaterThanEquals'
  | 'DateEquals'
  | 'DateLessThan'
  | 'DateLessThanEquals'
  | 'DateGreaterThan'
  | 'DateGreaterThanEquals'
  | 'Bool'
  | 'BinaryEquals'
  | 'IpAddress'
  | 'ArnLike'
  | 'Null'

/** How a comparison is applied to a key with several values. */
type Quantifier = 'None' | 'ForAllValues' | 'ForAnyValue'

/** A parsed operator of a `Condition` element. */
export type Operator = {
  readonly comparison: Comparison
  /** `StringNotEquals` and the like: holds where the comparison with every value fails. */
  readonly negated: boolean
  readonly quantifier: Quantifier
  /** `…IfExists`: holds when the request lacks the key. */
  readonly ifExists: boolean
}

/** One operator on one key. */
export type Condition = {
  readonly operator: Operator
  /** As written; compared without regard to case. */
  readonly key: string
  /** At least one. */
  readonly values: readonly string[]
}

type Meaning = { readonly comparison: Comparison; readonly negated: boolean }

const positive = (comparison: Comparison): Meaning => ({ comparison, negated: false })
const negative = (comparison: Comparison): Meaning => ({ comparison, negated: true })

/** Source: IAM User Guide, "IAM JSON policy elements: Condition operators". */
const MEANINGS: ReadonlyMap<string, Meaning> = new Map([
  ['stringequals', positive('StringEquals')],
  ['stringnotequals', negative('StringEquals')],
  ['stringequalsignorecase', positive('StringEqualsIgnoreCase')],
  ['stringnotequalsignorecase', negative('StringEqualsIgnoreCase')],
  ['stringlike', positive('StringLike')],
  ['stringnotlike', negative('StringLike')],
  ['numericequals', positive('NumericEquals')],
  ['numericnotequals', negative('NumericEquals')],
  ['numericlessthan', positive('NumericLessThan')],
  ['numericlessthanequals', positive('NumericLessThanEquals')],
  ['numericgreaterthan', positive('NumericGreaterThan')],
  ['numericgreaterthanequals', positive('NumericGreaterThanEquals')],
  ['dateequals', positive('DateEquals')],
  ['datenotequals', negative('DateEquals')],
  ['datelessthan', positive('DateLessThan')],
  ['datelessthanequals', positive('DateLessThanEquals')],
  ['dategreaterthan', positive('DateGreaterThan')],
  ['dategreaterthanequals', positive('DateGreaterThanEquals')],
  ['bool', positive('Bool')],
  ['binaryequals', positive('BinaryEquals')],
  ['ipaddress', positive('IpAddress')],
  ['notipaddress', negative('IpAddress')],
  ['arnequals', positive('ArnLike')],
  ['arnlike', positive('ArnLike')],
  ['arnnotequals', negative('ArnLike')],
  ['arnnotlike', negative('ArnLike')],
  ['null', positive('Null')],
])

const QUANTIFIERS: readonly (readonly [string, Quantifier])[] = [
  ['forallvalues:', 'ForAllValues'],
  ['foranyvalue:', 'ForAnyValue'],
]
const IF_EXISTS = 'ifexists'

/** An operator by its name, in any case; nothing for an unknown one and for `Null` with `IfExists`. */
export function parseOperator(name: string): Operator | undefined {
  const lower = name.toLowerCase()
  const [prefix, quantifier] = QUANTIFIERS.find(([start]) => lower.startsWith(start)) ?? ['', 'None']
  const ifExists = lower.endsWith(IF_EXISTS)
  const base = lower.slice(prefix.length, ifExists ? -IF_EXISTS.length : undefined)
  const meaning = MEANINGS.get(base)
  if (meaning === undefined) return undefined
  if (meaning.comparison === 'Null' && ifExists) return undefined
  return { ...meaning, quantifier, ifExists }
}

/** Whether the values of a comparison may hold variables. */
export function takesVariables(comparison: Comparison): boolean {
  return comparison.startsWith('String') || comparison === 'ArnLike'
}

/** The operator as it is usually written. */
export function formatOperator({ comparison, negated, quantifier, ifExists }: Operator): string {
  const opposite = comparison === 'IpAddress' ? 'NotIpAddress' : comparison.replace(/Equals|Like/, 'Not$&')
  const name = negated ? opposite : comparison
  return `${quantifier === 'None' ? '' : `${quantifier}:`}${name}${ifExists ? 'IfExists' : ''}`
}
