import { PARTITION, parseArn } from '../api/arn.ts'
import type { Records } from '../store/records.ts'
import { ACCOUNT, ACCOUNTS } from './account.ts'
import { parseIamArn } from './arns.ts'
import { findByName, ROLES, USERS } from './entities.ts'
import { read } from './records.ts'

/** A principal that exists. */
export type FoundPrincipal = {
  /** What it stays known as when it is gone; accounts have none. */
  readonly id: string | undefined
}

/**
 * The principal that an ARN of a policy names: an account, user, role or session. Nothing when there is none.
 *
 * A role's session exists when its role does: sessions leave no trace.
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
  const facts = kind === 'user' ? USERS : ROLES
  if (kind !== facts.name) return undefined
  const entity =
    kind === 'user'
      ? await findByName(records, USERS, account, name)
      : await findByName(records, ROLES, account, name)
  const isIt = entity?.value.path === path && entity.value.name === name
  return isIt ? { id: entity.value.id } : undefined
}

async function findSession(
  records: Records,
  account: string,
  resource: string,
): Promise<FoundPrincipal | undefined> {
  const [kind, roleName, sessionName] = resource.split('/')
  if (kind !== 'assumed-role' || roleName === undefined) return undefined
  const role = await findByName(records, ROLES, account, roleName)
  return role?.value.name === roleName ? { id: `${role.value.id}:${sessionName}` } : undefined
}
