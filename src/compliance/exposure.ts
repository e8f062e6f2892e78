import { parseArn } from '../api/arn.ts'
import type { PrincipalSpec } from '../policy/document.ts'
import { nameOf } from '../policy/naming.ts'
import { compiledPolicy, coversKey } from './access.ts'
import type { ReportedKey } from './facts.ts'
import { formatCondition } from './impact.ts'

/** A statement or grant that gives outsiders access. */
export type Opening = {
  /** `*`, or the principals of other accounts. */
  readonly principals: readonly string[]
  readonly conditional: boolean
  /** The description for people. */
  readonly text: string
}

/** The statements of a key policy that give everyone access. */
export function openToEveryone(key: ReportedKey): readonly Opening[] {
  return openings(key, (spec) => spec.kind === 'Everyone')
}

/** The statements and grants that give other accounts access. */
export function openToAccounts(key: ReportedKey): readonly Opening[] {
  const foreign = key.grants.filter(({ grantee }) => isForeign(accountOf(grantee), key))
  return [
    ...openings(key, (spec) => isForeign(accountOfSpec(spec), key)),
    ...foreign.map(({ id, grantee, operations, constrained }) => ({
      principals: [grantee],
      conditional: constrained,
      text: `grant ${id} allows ${grantee} ${operations.join(' ')}`,
    })),
  ]
}

function openings(key: ReportedKey, isOutside: (spec: PrincipalSpec) => boolean): readonly Opening[] {
  return compiledPolicy(key)
    .statements.filter((statement) => statement.effect === 'Allow' && coversKey(statement, key))
    .flatMap(({ source, written }) => {
      const { principals, actions, conditions, sid } = written
      const outside = principals?.values.filter(isOutside) ?? []
      if (outside.length === 0) return []
      const names = outside.map((spec) => nameOf(spec)).toSorted()
      const what = `${actions.negated ? 'everything but ' : ''}${actions.values.join(' ')}`
      const under =
        conditions.length === 0 ? 'without conditions' : `when ${conditions.map(formatCondition).join(', ')}`
      const name = sid === undefined || sid === '' ? '' : ` ${sid}`
      return [
        {
          principals: names,
          conditional: conditions.length > 0,
          text: `statement ${source.index + 1}${name} allows ${names.join(' ')} ${what}, ${under}`,
        },
      ]
    })
}

function accountOfSpec(spec: PrincipalSpec): string | undefined {
  switch (spec.kind) {
    case 'Account':
      return spec.account
    case 'User':
    case 'Role':
    case 'Session':
    case 'FederatedUser':
      return accountOf(spec.arn)
    case 'Everyone':
    case 'UniqueId':
    case 'Service':
    case 'Federated':
      return undefined
  }
}

function accountOf(arn: string): string | undefined {
  return parseArn(arn)?.account
}

function isForeign(account: string | undefined, key: ReportedKey): boolean {
  return account !== undefined && account !== key.account
}
