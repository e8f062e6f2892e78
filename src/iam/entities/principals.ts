import { PARTITION, parseArn } from '../../api/arn.ts'
import type { Records } from '../../store/records.ts'
import { ACCOUNT, ACCOUNTS } from '../accounts/account.ts'
import { read } from '../iam-records.ts'
import { parseIamArn, pathedArn, sessionArn } from './arns.ts'
import { findIdByName } from './entities.ts'
import { LISTED_ROLE, LISTED_USER, type ListedEntity } from './listed.ts'

/** A principal that exists. */
export type FoundPrincipal = {
  /** Its name after it is gone; accounts have none. */
  readonly id: string | undefined
}

/**
 * The principal that an ARN of a policy names: an account, user, role or session. Nothing when there is none.
 *
 * A role's session exists when its role does, a federated user when its account does: sessions leave no trace.
 */
export async function findPrincipal(records: Records, text: string): Promise<FoundPrincipal | undefined> {
  const arn = parseArn(text)
  if (arn === undefined || arn.partition !== PARTITION) return undefined
  if ((await read(records, ACCOUNT, ACCOUNTS, arn.account)) === undefined) return undefined
  if (arn.service === 'sts') return findSession(records, arn.account, arn.resource)
  if (arn.resource === 'root') return { id: undefined }
  const parsed = parseIamArn(text)
  if (parsed === undefined) return undefined
  const { account, kind, path, name } = parsed
  if (kind !== 'user' && kind !== 'role') return undefined
  const entity = await findListed(records, account, kind, name)
  const isIt = entity?.path === path && entity.name === name
  return isIt ? { id: entity.id } : undefined
}

async function findSession(
  records: Records,
  account: string,
  resource: string,
): Promise<FoundPrincipal | undefined> {
  const [kind, roleName, sessionName] = resource.split('/')
  if (kind === 'federated-user') return { id: undefined }
  if (kind !== 'assumed-role' || roleName === undefined) return undefined
  const role = await findListed(records, account, 'role', roleName)
  return role?.name === roleName ? { id: `${role.id}:${sessionName}` } : undefined
}

/** The summary of a user or role: looking up many need not open their policies. */
async function findListed(
  records: Records,
  account: string,
  kind: 'user' | 'role',
  name: string,
): Promise<ListedEntity | undefined> {
  const id = await findIdByName(records, account, kind, name)
  if (id === undefined) return undefined
  const listed =
    kind === 'user'
      ? await records.getSummary(LISTED_USER, account, id)
      : await records.getSummary(LISTED_ROLE, account, id)
  return listed?.summary
}

/** The present ARN of a principal of an account, by its unique id; nothing when it is gone. */
async function arnNow(records: Records, account: string, id: string): Promise<string | undefined> {
  if (id.startsWith('AIDA')) {
    const user = await records.getSummary(LISTED_USER, account, id)
    return user && pathedArn(account, 'user', user.summary)
  }
  const [roleId = '', session] = id.split(':')
  const role = await records.getSummary(LISTED_ROLE, account, roleId)
  if (role === undefined) return undefined
  return session === undefined
    ? pathedArn(account, 'role', role.summary)
    : sessionArn(account, role.summary.name, session)
}

/**
 * The name that a policy shows for a bound principal: its present ARN, or its unique id when it is gone.
 * Source: IAM User Guide, "AWS JSON policy elements: Principal".
 *
 * @param arn that it had when the policy was put.
 */
export async function shownName(records: Records, arn: string, id: string): Promise<string> {
  return (await arnNow(records, parseArn(arn)?.account ?? '', id)) ?? id
}

/** The principals of a policy that have other names than when it was put. */
export async function shownNames(
  records: Records,
  bindings: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>()
  for (const [arn, id] of Object.entries(bindings)) {
    const shown = await shownName(records, arn, id)
    if (shown !== arn) names.set(arn, shown)
  }
  return names
}

/**
 * The most accounts and records to search for the unique ids of one policy: an id does not name its account.
 * An id that is not found counts as gone. The search takes some tens of milliseconds at worst.
 */
const ID_LOOKUPS_MAX = 1000

/** The ARNs of the existing principals with these unique ids. */
export async function arnsOfIds(
  records: Records,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const arns = new Map<string, string>()
  if (ids.length === 0) return arns
  const { records: accounts } = await records.list(ACCOUNT, { partition: ACCOUNTS, limit: ID_LOOKUPS_MAX })
  for (const id of ids.slice(0, Math.floor(ID_LOOKUPS_MAX / accounts.length))) {
    for (const { name: account } of accounts) {
      const arn = await arnNow(records, account, id)
      if (arn === undefined) continue
      arns.set(id, arn)
      break
    }
  }
  return arns
}
