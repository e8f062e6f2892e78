import { accountRootArn } from '../../api/arn.ts'
import { principalOf } from '../../audit-index/event-facts.ts'
import { type EventRecord, parseEvent } from '../../audit-index/event-record.ts'
import type { LookupPage, LookupQuestion } from '../../audit-index/lookup.ts'
import { ACCESS_KEY, ACCESS_KEYS, type AccessKeyValue } from '../../iam/credentials/access-key.ts'
import { KEY_USE } from '../../iam/credentials/key-uses.ts'
import { pathedArn } from '../../iam/entities/arns.ts'
import { readAll, USER } from '../../iam/iam-records.ts'
import type { Records } from '../../store/records.ts'
import type { ReportedAccessKey } from '../facts.ts'

/** The sources of facts about access keys. */
export type AccessKeyDependencies = {
  readonly records: Records
  readonly lookup: (question: LookupQuestion) => Promise<LookupPage>
  /** Accounts and regions with events. */
  readonly scopes: readonly { readonly account: string; readonly region: string }[]
  /** The last second of considered events. */
  readonly toSecond: number
}

/** Every access key of every account, with its last call. */
export async function reportAccessKeys(
  dependencies: AccessKeyDependencies,
): Promise<readonly ReportedAccessKey[]> {
  const { records } = dependencies
  const keys: ReportedAccessKey[] = []
  for (const { name: id, value } of await readAll(records, ACCESS_KEY, ACCESS_KEYS)) {
    const { account, status, createdAt } = value
    const event = await lastEventOf(dependencies, account, id)
    const noted = (await records.get(KEY_USE, ACCESS_KEYS, id))?.value.at
    keys.push({
      ...{ id, account, createdAt },
      owner: await ownerOf(records, value),
      active: status === 'Active',
      lastUsedAt: event === undefined ? noted : Math.max(noted ?? 0, Date.parse(event.eventTime)),
      lastEvent: event && {
        eventId: event.eventID,
        operation: event.eventName,
        principal: principalOf(event.userIdentity),
        at: event.eventTime,
      },
    })
  }
  return keys
}

async function ownerOf(records: Records, { account, principal }: AccessKeyValue): Promise<string> {
  if (principal === 'root') return accountRootArn(account)
  const user = await records.get(USER, account, principal.user)
  return user === undefined ? principal.user : pathedArn(account, 'user', user.value)
}

async function lastEventOf(
  { lookup, scopes, toSecond }: AccessKeyDependencies,
  account: string,
  id: string,
): Promise<EventRecord | undefined> {
  let last: EventRecord | undefined
  for (const { region } of scopes.filter((scope) => scope.account === account)) {
    const attribute = { name: 'AccessKeyId', value: id } as const
    const { events } = await lookup({ account, region, attribute, fromSecond: 0, toSecond, limit: 1 })
    for (const event of events.map(parseEvent))
      if (last === undefined || event.eventTime > last.eventTime) last = event
  }
  return last
}
