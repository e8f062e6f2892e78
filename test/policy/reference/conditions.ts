import { BlockList, isIPv4 } from 'node:net'
import { matchesText, partsOf, type Values } from './matching.ts'

/**
 * Whether one condition holds. Written from the IAM User Guide ("Condition operators", "Multivalued context keys")
 * as a table of cases, without regard to speed.
 */
export function conditionHolds(
  name: string,
  key: string,
  wanted: readonly string[],
  facts: { readonly context: Values; readonly variables: boolean },
): boolean {
  const found = facts.context[key.toLowerCase()]
  const values = found === undefined ? [] : typeof found === 'string' ? [found] : found
  const { set, base, ifExists } = takeApart(name)
  if (base === 'null') return nullHolds(set, wanted, values)
  const negated = base.includes('not')
  const positive = base.replace('not', '')
  const matchesOne = (value: string): boolean => wanted.some((one) => compare(positive, one, value, facts))
  if (values.length === 0) {
    if (ifExists || set === 'all') return true
    return set === 'any' ? false : negated
  }
  if (set === 'all') return values.every((value) => (negated ? !matchesOne(value) : matchesOne(value)))
  if (set === 'any') return values.some((value) => (negated ? !matchesOne(value) : matchesOne(value)))
  const any = values.some(matchesOne)
  return negated ? !any : any
}

/** The documentation says of `Null` with a set operator: always true, and always false. */
function nullHolds(set: Parts['set'], wanted: readonly string[], values: readonly string[]): boolean {
  if (set !== 'none') return set === 'all'
  return wanted.map((value) => value.toLowerCase()).includes(String(values.length === 0))
}

type Parts = { readonly set: 'all' | 'any' | 'none'; readonly base: string; readonly ifExists: boolean }

function takeApart(name: string): Parts {
  const lower = name.toLowerCase()
  const ifExists = lower.endsWith('ifexists')
  const whole = ifExists ? lower.slice(0, -'ifexists'.length) : lower
  if (whole.startsWith('forallvalues:')) return { set: 'all', base: whole.slice(13), ifExists }
  if (whole.startsWith('foranyvalue:')) return { set: 'any', base: whole.slice(12), ifExists }
  return { set: 'none', base: whole, ifExists }
}

type Facts = { readonly context: Values; readonly variables: boolean }

function compare(operator: string, wanted: string, value: string, facts: Facts): boolean {
  const { context, variables } = facts
  switch (operator) {
    case 'stringequals':
      return matchesText(wanted, value, { wildcards: false, variables }, context)
    case 'stringequalsignorecase':
      return matchesText(wanted, value, { wildcards: false, variables, ignoreCase: true }, context)
    case 'stringlike':
      return matchesText(wanted, value, { wildcards: true, variables }, context)
    case 'arnequals':
    case 'arnlike':
      return matchesArn(wanted, value, facts)
    case 'bool':
      return wanted.toLowerCase() === value.toLowerCase()
    case 'binaryequals':
      return Buffer.from(wanted, 'base64').equals(Buffer.from(value, 'base64'))
    case 'ipaddress':
      return isInBlock(wanted, value)
    default:
      return compareOrder(operator, wanted, value)
  }
}

function matchesArn(wanted: string, value: string, { context, variables }: Facts): boolean {
  const found = partsOf(value)
  if (found === undefined) return false
  if (wanted === '*') return true
  // Variables have to be put in before the value is cut at its colons, and stay literal.
  const whole = matchesText(wanted, value, { wildcards: true, variables }, context)
  const pattern = partsOf(wanted)
  if (pattern === undefined || wanted.includes('$')) return whole && wanted.includes('$')
  return pattern.every((part, at) =>
    matchesText(part, String(found[at]), { wildcards: true, variables: false }, context),
  )
}

function isInBlock(block: string, address: string): boolean {
  const [network = '', prefix] = block.split('/')
  const family = isIPv4(network) ? 'ipv4' : 'ipv6'
  if (isIPv4(address) !== isIPv4(network) || !/^[0-9a-f.:]+$/.test(address)) return false
  const bits = prefix === undefined ? (family === 'ipv4' ? 32 : 128) : Number(prefix)
  const list = new BlockList()
  list.addSubnet(network, bits, family)
  return list.check(address, family)
}

function compareOrder(operator: string, wanted: string, value: string): boolean {
  const read = operator.startsWith('date') ? dateOf : numberOf
  const found = read(value)
  const limit = read(wanted)
  if (Number.isNaN(found) || Number.isNaN(limit)) return false
  if (operator.endsWith('greaterthanequals')) return found >= limit
  if (operator.endsWith('lessthanequals')) return found <= limit
  if (operator.endsWith('greaterthan')) return found > limit
  if (operator.endsWith('lessthan')) return found < limit
  return found === limit
}

function numberOf(text: string): number {
  return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? Number(text) : Number.NaN
}

/** Four digits are a year; any other number is seconds since 1970. */
function dateOf(text: string): number {
  if (/^-?\d+(\.\d+)?$/.test(text) && !/^\d{4}$/.test(text)) return Math.trunc(Number(text) * 1000)
  return /^\d{4}(-|$)/.test(text) ? Date.parse(text) : Number.NaN
}
