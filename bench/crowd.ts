import { randomBytes, randomUUID } from 'node:crypto'
import { openForServing } from '../src/app/deployment.ts'
import { parseConfig } from '../src/config/settings.ts'
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
} from '../src/iam/iam-records.ts'
import { ALIAS, KEY, KEY_OWNER, partitionOf } from '../src/kms/keys/key-record.ts'
import { type Change, insert, type Records, replace } from '../src/store/records.ts'

/** How much an account has. */
export type Crowd = { readonly keys: number; readonly principals: number }

/** The account of a server that is started without settings. */
export const CROWD_ACCOUNT = '000000000000'
/** The role that half of the grants are for. */
export const CROWD_ROLE_ARN = `arn:aws:iam::${CROWD_ACCOUNT}:role/crowd-0`
/** The managed policy that all users and roles have. */
export const CROWD_POLICY_ARN = `arn:aws:iam::${CROWD_ACCOUNT}:policy/crowd-0`

const CHANGES_AT_ONCE = 900
const ALIASES = 5000
const GROUPS = 300
/** As large as policies of their kinds may be. */
const [USER_POLICY_CHARS, ROLE_POLICY_CHARS, GROUP_POLICY_CHARS, MANAGED_CHARS] = [2000, 10_000, 5000, 6000]

/** Fills the data folder of a server that does not run: keys like one that is there, users, roles, groups and policies. */
export async function fillFolder(
  dataFolder: string,
  region: string,
  keyId: string,
  crowd: Crowd,
): Promise<void> {
  const config = parseConfig({ flags: {}, environment: { HOLDFAST_DATA: dataFolder } })
  const { records } = await openForServing(config)
  try {
    await addKeys(records, region, keyId, crowd.keys)
    await commitAll(records, [
      ...Array.from({ length: crowd.principals }, (_, index) => principalChanges(index)).flat(),
      ...Array.from({ length: GROUPS }, (_, index) => groupChanges(index)).flat(),
      await countChange(records, crowd.principals),
    ])
  } finally {
    await records.close()
  }
}

async function commitAll(records: Records, changes: readonly Change[]): Promise<void> {
  for (let from = 0; from < changes.length; from += CHANGES_AT_ONCE)
    await records.commit(changes.slice(from, from + CHANGES_AT_ONCE))
}

async function addKeys(records: Records, region: string, keyId: string, count: number): Promise<void> {
  const partition = partitionOf(CROWD_ACCOUNT, region)
  const like = await records.get(KEY, partition, keyId)
  if (like === undefined) throw new Error('no key to make others like')
  const changes: Change[] = []
  for (let index = 0; index < count; index += 1) {
    const [id, alias] = [randomUUID(), `alias/crowd-${index}`]
    const aliases = index < ALIASES ? [alias] : []
    changes.push(insert(KEY, partition, id, { ...like.value, aliases }))
    changes.push(insert(KEY_OWNER, region, id, { format: 1, account: CROWD_ACCOUNT }))
    const { createdAt } = like.value
    const entry = { format: 1, keyId: id, createdAt, updatedAt: createdAt } as const
    if (index < ALIASES) changes.push(insert(ALIAS, partition, alias, entry))
  }
  await commitAll(records, changes)
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

async function countChange(records: Records, principals: number): Promise<Change> {
  const own = { users: principals, roles: principals, groups: GROUPS, policies: GROUPS }
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

const STATEMENT_CHARS = 215

/** An identity policy of about so many characters. */
export function largePolicy(chars: number): string {
  const Statement = Array.from({ length: Math.max(1, Math.floor(chars / STATEMENT_CHARS)) }, (_, index) => ({
    Sid: `S${index}`,
    Effect: 'Allow',
    Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:Gen*'],
    Resource: `arn:aws:kms:*:${CROWD_ACCOUNT}:key/${index}*`,
    Condition: { StringEquals: { 'kms:EncryptionContext:tenant': `t-${index}` } },
  }))
  return JSON.stringify({ Version: '2012-10-17', Statement })
}
