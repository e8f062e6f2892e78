import { KmsError } from '../../api/errors.ts'
import {
  type Change,
  insert,
  LIST_MAX_RECORDS,
  type Records,
  remove,
  replace,
  type Stored,
} from '../../store/records.ts'
import { parsePolicyArn } from '../entities/finders.ts'
import { LISTED_ATTACHMENT } from '../entities/listed.ts'
import { ATTACHMENT, type AttachmentValue, POLICY, type PolicyValue, read } from '../iam-records.ts'
import { findManagedByAws } from './managed-by-aws.ts'

/** A user, group or role that uses managed policies. */
export type Holder = {
  readonly account: string
  readonly entity: AttachmentValue['entity']
  /** Its unique id. */
  readonly id: string
}

/** The way in which a managed policy is used. */
export type Use = AttachmentValue['use']

/** The partition of a managed policy's uses. */
export function attachmentPartition(account: string, policyArn: string): string {
  return `${account}/${policyArn}`
}

/**
 * The name of the managed policy of an ARN, if the account may attach it.
 *
 * @throws ValidationException for a text that is no ARN of a policy; NoSuchEntityException.
 */
export async function checkAttachable(records: Records, account: string, arn: string): Promise<string> {
  const name = await findAttachable(records, account, arn)
  if (name !== undefined) return name
  throw new KmsError('NoSuchEntityException', `Policy ${arn} does not exist or is not attachable.`)
}

/** The same; nothing when there is none. @throws ValidationException. */
export async function findAttachable(
  records: Records,
  account: string,
  arn: string,
): Promise<string | undefined> {
  return findManagedByAws(arn)?.name ?? (await findOwn(records, account, arn))?.value.name
}

async function findOwn(
  records: Records,
  account: string,
  arn: string,
): Promise<Stored<PolicyValue> | undefined> {
  const parsed = parsePolicyArn(arn)
  if (parsed.account !== account) return undefined
  const policy = await read(records, POLICY, account, parsed.name.toLowerCase())
  return policy?.value.path === parsed.path ? policy : undefined
}

/**
 * The changes with which a holder uses one more managed policy. The policy's own record changes too, so that
 * a concurrent deletion conflicts.
 */
export async function attachChanges(
  records: Records,
  holder: Holder,
  use: Use,
  arn: string,
): Promise<readonly Change[]> {
  const { account, entity, id } = holder
  const value: AttachmentValue = { format: 1, use, entity, id }
  const policy = await findOwnIfAny(records, account, arn)
  return [
    insert(ATTACHMENT, attachmentPartition(account, arn), `${use}/${id}`, value),
    ...(policy === undefined ? [] : [counted(policy, use, 1)]),
  ]
}

/** The changes with which a holder no longer uses a managed policy. */
export async function detachChanges(
  records: Records,
  holder: Holder,
  use: Use,
  arn: string,
): Promise<readonly Change[]> {
  const { account, id } = holder
  const attachment = await read(records, ATTACHMENT, attachmentPartition(account, arn), `${use}/${id}`)
  if (attachment === undefined) return []
  const policy = await findOwnIfAny(records, account, arn)
  return [remove(attachment), ...(policy === undefined ? [] : [counted(policy, use, -1)])]
}

async function findOwnIfAny(
  records: Records,
  account: string,
  arn: string,
): Promise<Stored<PolicyValue> | undefined> {
  return findManagedByAws(arn) === undefined ? findOwn(records, account, arn) : undefined
}

function counted(policy: Stored<PolicyValue>, use: Use, by: 1 | -1): Change {
  const { value } = policy
  return use === 'attached'
    ? replace(policy, { ...value, attachments: value.attachments + by })
    : replace(policy, { ...value, boundaries: value.boundaries + by })
}

/** How often an account uses a managed policy, in each way. */
export async function countUses(
  records: Records,
  account: string,
  arn: string,
): Promise<Readonly<Record<Use, number>>> {
  const counts = { attached: 0, boundary: 0 }
  const partition = attachmentPartition(account, arn)
  let after: string | undefined
  do {
    const page = await records.listSummaries(LISTED_ATTACHMENT, { partition, after, limit: LIST_MAX_RECORDS })
    for (const { summary } of page.records) counts[summary.use] += 1
    after = page.next
  } while (after !== undefined)
  return counts
}
