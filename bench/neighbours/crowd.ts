import { randomBytes, randomUUID } from 'node:crypto'
import { openForServing, openNodeJournal } from '../../src/app/deployment.ts'
import { silentLog } from '../../src/base/log.ts'
import { parseConfig } from '../../src/config/settings.ts'
import { ACCOUNT, ACCOUNTS } from '../../src/iam/accounts/account.ts'
import {
  ATTACHMENT,
  COUNTS,
  COUNTS_PARTITION,
  GROUP,
  NAME,
  POLICY,
  POLICY_VERSION,
  ROLE,
  USER,
} from '../../src/iam/iam-records.ts'
import {
  GRANT,
  GRANTEE_CHUNK,
  type GrantTerms,
  grantPartition,
  RETIRABLE_GRANT,
} from '../../src/kms/grants/grant-record.ts'
import { CHUNK_MAX_IDS } from '../../src/kms/grants/grantee-index.ts'
import { retirablePartition } from '../../src/kms/grants/grants.ts'
import { ALIAS, KEY, KEY_OWNER, partitionOf } from '../../src/kms/keys/key-record.ts'
import { QUOTAS } from '../../src/quotas/quotas.ts'
import { type Change, insert, type Records, replace } from '../../src/store/records.ts'
import { benchEvent, SPAN_SECONDS } from '../audit-log.ts'
import { CROWD_ACCOUNT, CROWD_POLICY_ARN, CROWD_ROLE_ARN } from './names.ts'
import { largePolicy } from './policies.ts'

/** The size of an account. */
export type Crowd = {
  readonly keys: number
  /** The number of users, and of roles. */
  readonly principals: number
  /** The number of grants on one key. */
  readonly grants: number
  readonly events: number
}

const CHANGES_AT_ONCE = 900
const EVENTS_AT_ONCE = 2000
const ALIASES = 5000
/** The default AWS quotas of groups and managed policies per account. A smaller crowd has fewer. */
const GROUPS_MAX = 300
/** The maximum sizes of the policies, by kind. */
const [USER_POLICY_CHARS, ROLE_POLICY_CHARS, GROUP_POLICY_CHARS, MANAGED_CHARS] = [2000, 10_000, 5000, 6000]

/** The data folder of the crowd, and its existing key. */
export type CrowdPlace = { readonly dataFolder: string; readonly region: string; readonly keyId: string }

/**
 * Fills the data folder of a stopped server through its store and its audit log. Adds keys like the existing one,
 * grants on that key, users, roles, groups, policies, and events of calls.
 */
export async function fillFolder(place: CrowdPlace, crowd: Crowd): Promise<void> {
  const config = parseConfig({ flags: {}, environment: { HOLDFAST_DATA: place.dataFolder } })
  const deployment = await openForServing(config)
  const { records } = deployment
  try {
    await raiseQuotas(records)
    const keyIds = await addKeys(records, place, crowd.keys)
    await addGrants(records, place, crowd)
    const groups = Math.min(GROUPS_MAX, crowd.principals)
    await commitAll(records, [
      ...Array.from({ length: crowd.principals }, (_, index) => principalChanges(index)).flat(),
      ...Array.from({ length: groups }, (_, index) => groupChanges(index)).flat(),
      await countChange(records, { principals: crowd.principals, groups }),
    ])
    const journal = await openNodeJournal(config, deployment, { log: silentLog })
    try {
      const arns = [place.keyId, place.keyId, ...keyIds.slice(0, KEYS_IN_EVENTS)].map(
        (id) => `arn:aws:kms:${place.region}:${CROWD_ACCOUNT}:key/${id}`,
      )
      const users = Math.min(USERS_IN_EVENTS, crowd.principals)
      const names = Array.from({ length: users }, (_, index) => `crowd-${index}`)
      const fromSecond = Math.floor(Date.now() / 1000) - SPAN_SECONDS
      const about = { account: CROWD_ACCOUNT, region: place.region, keys: arns, users: names, fromSecond }
      for (let from = 0; from < crowd.events; from += EVENTS_AT_ONCE) {
        const count = Math.min(EVENTS_AT_ONCE, crowd.events - from)
        const batch = Array.from({ length: count }, (_, at) => benchEvent(from + at, crowd.events, about))
        await Promise.all(batch.map((event) => journal.append(event)))
      }
    } finally {
      await journal.close()
    }
  } finally {
    await records.close()
  }
}

/** Together these make a thousand kinds of events. Two of the kinds are on the crowded key. */
const [KEYS_IN_EVENTS, USERS_IN_EVENTS] = [998, 200]

/** Raises the quotas, because the calls of the suite exceed the defaults of an account. */
async function raiseQuotas(records: Records): Promise<void> {
  const account = await records.get(ACCOUNT, ACCOUNTS, CROWD_ACCOUNT)
  if (account === undefined) throw new Error('no account whose quotas to raise')
  const quotas = Object.fromEntries([...QUOTAS.values()].map(({ name, max }) => [name, max]))
  await records.commit([replace(account, { ...account.value, quotas })])
}

/** Adds grants. Every second grant is for the same role, each with a different constraint. */
async function addGrants(
  records: Records,
  { region, keyId }: CrowdPlace,
  { grants, principals }: Crowd,
): Promise<void> {
  const key = await records.get(KEY, partitionOf(CROWD_ACCOUNT, region), keyId)
  if (key === undefined) throw new Error('no key for the grants')
  const partition = grantPartition({ account: CROWD_ACCOUNT, region, keyId })
  const ids = new Map<string, string[]>()
  const changes: Change[] = [replace(key, { ...key.value, grants })]
  const retirables = retirablePartition(region, CROWD_ROLE_ARN)
  for (let index = 0; index < grants; index += 1) {
    const grantId = randomBytes(GRANT_ID_BYTES).toString('hex')
    const other = `arn:aws:iam::${CROWD_ACCOUNT}:role/crowd-${1 + (index % Math.max(1, principals - 1))}`
    const arn = index % 2 === 0 ? CROWD_ROLE_ARN : other
    const terms: GrantTerms = {
      grantee: { type: 'principal', arn },
      retiring: { type: 'principal', arn: CROWD_ROLE_ARN },
      issuingAccount: CROWD_ACCOUNT,
      operations: ['DescribeKey', 'Decrypt'],
      constraints: { subset: [['tenant', `t-${index}`]] },
    }
    changes.push(insert(GRANT, partition, grantId, { format: 1, createdAt: key.value.createdAt, ...terms }))
    const retirable = { format: 1, account: CROWD_ACCOUNT, keyId, grantId } as const
    changes.push(insert(RETIRABLE_GRANT, retirables, `${CROWD_ACCOUNT}/${keyId}/${grantId}`, retirable))
    ids.set(arn, [...(ids.get(arn) ?? []), grantId])
  }
  for (const [arn, all] of ids) {
    for (let at = 0; at * CHUNK_MAX_IDS < all.length; at += 1) {
      const grantIds = all.slice(at * CHUNK_MAX_IDS, (at + 1) * CHUNK_MAX_IDS)
      const value = { format: 1, grantIds, ...(at === 0 && { total: all.length }) } as const
      changes.push(insert(GRANTEE_CHUNK, partition, `${at}/${arn}`, value))
    }
  }
  await commitAll(records, changes)
}

const GRANT_ID_BYTES = 32

async function commitAll(records: Records, changes: readonly Change[]): Promise<void> {
  for (let from = 0; from < changes.length; from += CHANGES_AT_ONCE)
    await records.commit(changes.slice(from, from + CHANGES_AT_ONCE))
}

/** Returns the key IDs. */
async function addKeys(
  records: Records,
  { region, keyId }: CrowdPlace,
  count: number,
): Promise<readonly string[]> {
  const partition = partitionOf(CROWD_ACCOUNT, region)
  const like = await records.get(KEY, partition, keyId)
  if (like === undefined) throw new Error('no key to copy')
  const changes: Change[] = []
  const ids: string[] = []
  for (let index = 0; index < count; index += 1) {
    const [id, alias] = [randomUUID(), `alias/crowd-${index}`]
    ids.push(id)
    const aliases = index < ALIASES ? [alias] : []
    changes.push(insert(KEY, partition, id, { ...like.value, aliases }))
    changes.push(insert(KEY_OWNER, region, id, { format: 1, account: CROWD_ACCOUNT }))
    const { createdAt } = like.value
    const entry = { format: 1, keyId: id, createdAt, updatedAt: createdAt } as const
    if (index < ALIASES) changes.push(insert(ALIAS, partition, alias, entry))
  }
  await commitAll(records, changes)
  return ids
}

function principalChanges(index: number): readonly Change[] {
  const name = `crowd-${index}`
  const common = { format: 1, path: '/', createdAt: Date.now(), tags: [], name } as const
  const own = (chars: number) => [{ name: 'own', document: largePolicy(chars) }]
  const attached = [CROWD_POLICY_ARN]
  const [userId, roleId] = [uniqueId('AIDA'), uniqueId('AROA')]
  const uses = `${CROWD_ACCOUNT}/${CROWD_POLICY_ARN}`
  const use = (entity: 'user' | 'role', id: string) =>
    insert(ATTACHMENT, uses, `attached/${id}`, { format: 1, use: 'attached', entity, id })
  return [
    insert(NAME, `${CROWD_ACCOUNT}/user`, name, { format: 1, id: userId }),
    insert(USER, CROWD_ACCOUNT, userId, {
      ...{ ...common, id: userId, inline: own(USER_POLICY_CHARS), attached, groups: [], accessKeys: [] },
    }),
    use('user', userId),
    insert(NAME, `${CROWD_ACCOUNT}/role`, name, { format: 1, id: roleId }),
    insert(ROLE, CROWD_ACCOUNT, roleId, {
      ...{ ...common, id: roleId, inline: own(ROLE_POLICY_CHARS), attached, maxSessionSeconds: 3600 },
      ...{ trust: TRUST, bindings: {}, profiles: [] },
    }),
    use('role', roleId),
  ]
}

function groupChanges(index: number): readonly Change[] {
  const name = `crowd-${index}`
  const createdAt = Date.now()
  const common = { format: 1, path: '/', createdAt, tags: [], name } as const
  const [groupId, policyId] = [uniqueId('AGPA'), uniqueId('ANPA')]
  const inline = [{ name: 'own', document: largePolicy(GROUP_POLICY_CHARS) }]
  const document = largePolicy(MANAGED_CHARS)
  return [
    insert(NAME, `${CROWD_ACCOUNT}/group`, name, { format: 1, id: groupId }),
    insert(GROUP, CROWD_ACCOUNT, groupId, { ...common, id: groupId, inline, attached: [], members: 0 }),
    insert(POLICY, CROWD_ACCOUNT, name, {
      ...{ ...common, id: policyId, updatedAt: createdAt, document, attachments: index === 0 ? 1 : 0 },
      ...{ versions: [{ id: 'v1', createdAt }], defaultVersion: 'v1', nextVersion: 2, boundaries: 0 },
    }),
    insert(POLICY_VERSION, `${CROWD_ACCOUNT}/${policyId}`, 'v1', { format: 1, document, createdAt }),
  ]
}

async function countChange(
  records: Records,
  { principals, groups }: { readonly principals: number; readonly groups: number },
): Promise<Change> {
  const own = { users: principals, roles: principals, groups, policies: groups }
  const counts = { format: 1, ...own, profiles: 0, providers: 0 } as const
  const present = await records.get(COUNTS, COUNTS_PARTITION, CROWD_ACCOUNT)
  return present === undefined
    ? insert(COUNTS, COUNTS_PARTITION, CROWD_ACCOUNT, counts)
    : replace(present, counts)
}

const ROOT_ARN = `arn:aws:iam::${CROWD_ACCOUNT}:root`
const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: ROOT_ARN }, Action: 'sts:AssumeRole' }],
})

const ID_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const ID_CHARS = 17

function uniqueId(prefix: string): string {
  return prefix + [...randomBytes(ID_CHARS)].map((byte) => ID_ALPHABET[byte % ID_ALPHABET.length]).join('')
}
