import { type GiveWay, mapInSlices } from '../base/slices.ts'
import type { Listed } from '../policy/document.ts'
import { listedNames } from '../policy/naming.ts'
import type { Condition } from '../policy/operators.ts'
import { formatOperator } from '../policy/operators.ts'
import type { TouchRow } from '../store/index-port.ts'
import { isAbout } from './access.ts'
import { consequencesOf } from './consequences.ts'
import { formatSecond, isCryptographic, type ReportedKey, type ReportedPrincipal } from './facts.ts'

/** Addresses of one line; the rest is counted. */
export const ADDRESSES_SHOWN_MAX = 20
/** Grants, statements and lines of calls that are shown; the rest is counted. */
export const SHOWN_MAX = 1000

/** The calls of a principal of one operation on a key. */
export type KeyUser = {
  readonly principal: string
  readonly operation: string
  readonly calls: number
  readonly failures: number
  /** Seconds since 1970. */
  readonly firstSecond: number
  readonly lastSecond: number
  /** The id of the last call's event. */
  readonly lastEventId: string
  /** Where the calls came from, the latest first. */
  readonly addresses: readonly string[]
  /** How many more there are. */
  readonly moreAddresses: number
}

/** A statement of a policy that names a key. */
export type NamingStatement = {
  /** Whose policy it is: the key's ARN, or that of a user or role. */
  readonly holder: string
  readonly policy: string
  /** Its `Sid`, or its place, counted from 1. */
  readonly statement: string
  readonly effect: 'Allow' | 'Deny'
  /** Whom a statement of the key policy names. */
  readonly principals: readonly string[]
  readonly actions: readonly string[]
  readonly conditions: readonly string[]
  /** Whether it lists the key's ARN, or a pattern that covers it. */
  readonly names: 'key' | 'pattern'
}

/** Everything that hangs on a key. */
export type Impact = {
  readonly key: ReportedKey
  /** The latest first. */
  readonly users: readonly KeyUser[]
  readonly moreUsers: number
  readonly statements: readonly NamingStatement[]
  readonly moreStatements: number
  /** What fails when the key is gone or disabled. */
  readonly consequences: readonly string[]
}

/** What hangs on a key, by the calls on it and the policies of these principals. */
export function impactOf(key: ReportedKey, principals: readonly ReportedPrincipal[]): Impact {
  return impactWith(
    key,
    principals.map((one) => statementsOf(one, key)),
  )
}

/** The same for many principals, giving way. */
export async function impactInSlices(
  key: ReportedKey,
  principals: readonly ReportedPrincipal[],
  giveWay: GiveWay,
): Promise<Impact> {
  return impactWith(key, await mapInSlices(principals, (one) => statementsOf(one, key), giveWay))
}

function impactWith(key: ReportedKey, found: readonly (readonly NamingStatement[])[]): Impact {
  const statements = [...ownStatements(key), ...found.flat()]
  const users = usersOf(key.touches)
  return {
    key,
    users: users.slice(0, SHOWN_MAX),
    moreUsers: Math.max(0, users.length - SHOWN_MAX),
    statements: statements.slice(0, SHOWN_MAX),
    moreStatements: Math.max(0, statements.length - SHOWN_MAX),
    consequences: consequencesOf(key),
  }
}

function usersOf(touches: readonly TouchRow[]): readonly KeyUser[] {
  const groups = new Map<string, TouchRow[]>()
  for (const touch of touches) {
    const name = `${touch.principal}\n${touch.source}\n${touch.operation}`
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [touch])
    else group.push(touch)
  }
  return [...groups.values()].map(userOf).sort(latestFirst)
}

function latestFirst(one: KeyUser, other: KeyUser): number {
  const names = `${one.principal} ${one.operation}` < `${other.principal} ${other.operation}` ? -1 : 1
  return other.lastSecond - one.lastSecond || names
}

/** @param touches of one principal and operation, the latest first; at least one. */
function userOf(touches: readonly TouchRow[]): KeyUser {
  const [{ principal = '', operation = '', lastSecond = 0, eventId = '' } = {}] = touches
  const addresses = [...new Set(touches.map(({ address }) => address))].filter((address) => address !== '')
  const calls = touches.reduce((sum, one) => sum + one.calls, 0)
  return {
    ...{ principal, operation, calls, lastSecond, lastEventId: eventId },
    failures: touches.reduce((sum, one) => sum + (one.failed ? one.calls : 0), 0),
    firstSecond: Math.min(...touches.map(({ firstSecond }) => firstSecond)),
    addresses: addresses.slice(0, ADDRESSES_SHOWN_MAX),
    moreAddresses: Math.max(0, addresses.length - ADDRESSES_SHOWN_MAX),
  }
}

function ownStatements(key: ReportedKey): readonly NamingStatement[] {
  return key.policy.statements.map(({ sid, effect, principals, actions, conditions }, index) => ({
    holder: key.arn,
    policy: 'key policy',
    statement: statementName(sid, index),
    effect,
    principals: principals === undefined ? [] : shownList(listedNames(principals)),
    actions: actions === undefined ? [] : shownList(actions),
    conditions: conditions.map(formatCondition),
    names: 'key',
  }))
}

function statementsOf(principal: ReportedPrincipal, key: ReportedKey): readonly NamingStatement[] {
  return principal.policies.identity.flatMap((policy) =>
    policy.statements
      .filter((statement) => isAbout(statement, key, principal))
      .map(({ source, effect, written }) => ({
        holder: principal.arn,
        policy: policy.name ?? '',
        statement: statementName(source.sid, source.index),
        effect,
        principals: [],
        actions: shownList(written.actions),
        conditions: written.conditions.map(formatCondition),
        names: !written.resources.negated && written.resources.values.includes(key.arn) ? 'key' : 'pattern',
      })),
  )
}

function statementName(sid: string | undefined, index: number): string {
  return sid === undefined || sid === '' ? `statement ${index + 1}` : sid
}

function shownList({ negated, values }: Listed<string>): readonly string[] {
  return negated ? values.map((value) => `not ${value}`) : values
}

/** `StringEquals aws:PrincipalTag/team "red"`. */
export function formatCondition({ operator, key, values }: Condition): string {
  return `${formatOperator(operator)} ${key} ${values.map((value) => JSON.stringify(value)).join(' ')}`
}

/** The same for machines. */
export function jsonOfImpact(impact: Impact): object {
  const { key, users, moreUsers, statements, moreStatements, consequences } = impact
  const { arn, state, spec, usage, origin, description, aliases, multiRegion, keyStore, grants } = key
  return {
    key: { arn, state, spec, usage, origin, description },
    aliases,
    multiRegion: multiRegion ?? null,
    keyStore: keyStore ?? null,
    users: users.map(({ firstSecond, lastSecond, ...user }) => ({
      ...user,
      cryptographic: isCryptographic(user.operation),
      first: formatSecond(firstSecond),
      last: formatSecond(lastSecond),
    })),
    moreUsers,
    grants: grants.slice(0, SHOWN_MAX),
    moreGrants: Math.max(0, grants.length - SHOWN_MAX),
    statements,
    moreStatements,
    consequences,
  }
}
