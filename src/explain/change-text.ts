import { printable, printableJson } from '../base/printable.ts'
import type { PolicyKind } from '../policy/decide.ts'
import { isKeyArn } from '../policy/key-actions.ts'
import { formatOperator } from '../policy/operators.ts'
import { formatLevel, type LevelTargets } from '../policy/reason.ts'
import type { AddAllow, Change } from '../policy/smallest-change.ts'
import { formatRightKey } from './context-text.ts'

/** The name of a kind of policy for a resource. */
export function kindName(kind: PolicyKind, resource: string): string {
  switch (kind) {
    case 'scp':
      return 'service control policy'
    case 'rcp':
      return 'resource control policy'
    case 'resource':
      if (isKeyArn(resource)) return 'key policy'
      return resource.includes(':role/') ? 'trust policy' : 'resource policy'
    case 'identity':
      return 'identity policy'
    case 'boundary':
      return 'permissions boundary'
    case 'session':
      return 'session policy'
  }
}

/** Names a statement by its position, counted from 1, and its `Sid`. */
export function statementName({
  index,
  sid,
}: {
  readonly index: number
  readonly sid: string | undefined
}): string {
  return `statement ${index + 1}${sid === undefined ? '' : ` ${printableJson(sid)}`}`
}

/** Formats a change as lines for people. */
export function formatChange(change: Change, resource: string, targets: LevelTargets): readonly string[] {
  if (change.kind === 'SendContext') return change.keys.flatMap(formatRightKey)
  const level = printable(formatLevel(change.policy, change.level, targets))
  const where = `${kindName(change.policy, resource)}${level}`
  if (change.kind === 'AddAllow') {
    return [`add a statement to the ${where}:`, `  ${printableJson(statementOf(change))}`]
  }
  const { policy } = change.statement
  const name = policy === undefined ? '' : ` ${printable(policy)}`
  return [
    `take ${statementName(change.statement)} out of the ${kindName(change.policy, resource)}${name}${level}, or make it leave this call out`,
  ]
}

/** The statement that a change adds. In a key policy or trust policy, it names the principal. */
export function statementOf({ action, resource, principal, policy, conditions }: AddAllow): object {
  const kept = conditions.length === 0 ? {} : { Condition: conditionOf(conditions) }
  if (policy !== 'resource') return { Effect: 'Allow', Action: action, Resource: resource, ...kept }
  const named = { Effect: 'Allow', Principal: { AWS: principal ?? '*' }, Action: action }
  return { ...named, ...(isKeyArn(resource) ? { Resource: '*' } : {}), ...kept }
}

/** The `Condition` element. No two conditions have the same operator and key. */
function conditionOf(conditions: AddAllow['conditions']): object {
  const byOperator = Map.groupBy(conditions, ({ operator }) => formatOperator(operator))
  return Object.fromEntries(
    [...byOperator].map(([operator, list]) => [
      operator,
      Object.fromEntries(list.map(({ key, values }) => [key, values.length === 1 ? values[0] : values])),
    ]),
  )
}
