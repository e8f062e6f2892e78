import { type GiveWay, mapInSlices } from '../base/slices.ts'
import type { Listed } from '../policy/document.ts'
import { listedNames } from '../policy/naming.ts'
import type { Condition } from '../policy/operators.ts'
import { formatOperator } from '../policy/operators.ts'
import type { TouchRow } from '../store/index-port.ts'
import { isAbout } from './access.ts'
import { consequencesOf } from './consequences.ts'
import { formatSecond, isCryptographic, type ReportedKey, type ReportedPrincipal } from './facts.ts'

/** The maximum number of addresses in a line; the rest is counted. */
export const ADDRESSES_SHOWN_MAX = 20
/** The maximum number of shown grants, statements and lines of calls; the rest is counted. */
export const SHOWN_MAX = 1000

/** One principal's calls of one operation on a key. */
export type KeyUser = {
  readonly principal: string
  readonly operation: string
  readonly calls: number
  readonly failures: number
  /** Seconds since 1970. */
  readonly firstSecond: number
  readonly lastSecond: number
  /** The event ID of the last call. */
  readonly lastEventId: string
  /** The source addresses of the calls, latest first. */
  readonly addresses: readonly string[]
  /** The number of further addresses. */
  readonly moreAddresses: number
}

/** A statement of a policy that names a key. */
export type NamingStatement = {
  /** The owner of the policy: the ARN of the key, user or role. */
  readonly holder: string
  readonly policy: string
  /** The `Sid`, or the position, counted from 1. */
  readonly statement: string
  readonly effect: 'Allow' | 'Deny'
  /** The principals of a statement of the key policy. */
  readonly principals: readonly string[]
  readonly actions: readonly string[]
  readonly conditions: readonly string[]
  /** Whether it lists the key's ARN, or a matching pattern. */
  readonly names: 'key' | 'pattern'
}

/** Everything that depends on a key. */
export type Impact = {
  readonly key: ReportedKey
  /** Latest first. */
  readonly users: readonly KeyUser[]
  readonly moreUsers: number
  readonly statements: readonly NamingStatement[]
  readonly moreStatements: number
  /** What fails when the key is deleted or disabled. */
  readonly consequences: readonly string[]
}

/** Computes what depends on a key, from the calls on it and the policies of these principals. */
export function impactOf(key: ReportedKey, principals: readonly ReportedPrincipal[]): Impact {
  return impactWith(
    key,
    principals.map((one) => statementsOf(one, key)),
  )
}

/** The same for many principals, in slices that give way to other work. */
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

/** @param touches of one principal and operation, latest first; at least one. */
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

/** The same for programs. */
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
