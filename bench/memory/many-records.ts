import { randomBytes, randomUUID } from 'node:crypto'
import { openForServing } from '../../src/app/deployment.ts'
import { parseConfig } from '../../src/config/settings.ts'
import { GRANT, GRANTEE_CHUNK, grantPartition } from '../../src/kms/grants/grant-record.ts'
import { KEY, KEY_OWNER, partitionOf } from '../../src/kms/keys/key-record.ts'
import { type Change, insert, type Records } from '../../src/store/records.ts'
import { CROWD_ACCOUNT, CROWD_ROLE_ARN } from '../neighbours/names.ts'

/** The store of the records, and the key that the new keys copy. */
export type ManyRecordsPlace = {
  readonly dataFolder: string
  readonly region: string
  readonly keyId: string
}

/** The number of grants on each key. */
export const GRANTS_PER_KEY = 10
const GRANT_ID_BYTES = 32
const KEYS_AT_ONCE = 70
const PROGRESS_KEYS = 10_000

/** Creates keys with grants directly in the store of a stopped server. Returns the key IDs. */
export async function addManyKeys(
  { dataFolder, region, keyId }: ManyRecordsPlace,
  count: number,
  progress: (text: string) => void,
): Promise<readonly string[]> {
  const { records } = await openForServing(
    parseConfig({ flags: {}, environment: { HOLDFAST_DATA: dataFolder } }),
  )
  try {
    const like = await records.get(KEY, partitionOf(CROWD_ACCOUNT, region), keyId)
    if (like === undefined) throw new Error('no key to copy')
    const ids: string[] = []
    while (ids.length < count) {
      const more = Array.from({ length: Math.min(KEYS_AT_ONCE, count - ids.length) }, () => randomUUID())
      await commit(records, more, region, { ...like.value, grants: GRANTS_PER_KEY })
      for (const id of more) ids.push(id)
      if (ids.length % PROGRESS_KEYS < KEYS_AT_ONCE) progress(`${ids.length} keys in the store`)
    }
    return ids
  } finally {
    await records.close()
  }
}

function commit(
  records: Records,
  keyIds: readonly string[],
  region: string,
  value: Parameters<typeof KEY.parse>[0] & object,
): Promise<void> {
  return records.commit(keyIds.flatMap((keyId) => keyChanges(keyId, region, KEY.parse(value))))
}

function keyChanges(keyId: string, region: string, value: ReturnType<typeof KEY.parse>): readonly Change[] {
  const partition = grantPartition({ account: CROWD_ACCOUNT, region, keyId })
  const ids = Array.from({ length: GRANTS_PER_KEY }, () => randomBytes(GRANT_ID_BYTES).toString('hex'))
  const terms = {
    grantee: { type: 'principal', arn: CROWD_ROLE_ARN },
    issuingAccount: CROWD_ACCOUNT,
    operations: ['DescribeKey', 'Decrypt'],
    constraints: {},
  } as const
  const { createdAt } = value
  return [
    insert(KEY, partitionOf(CROWD_ACCOUNT, region), keyId, value),
    insert(KEY_OWNER, region, keyId, { format: 1, account: CROWD_ACCOUNT }),
    ...ids.map((id) => insert(GRANT, partition, id, { format: 1, createdAt, ...terms })),
    insert(GRANTEE_CHUNK, partition, `0/${CROWD_ROLE_ARN}`, { format: 1, grantIds: ids, total: ids.length }),
  ]
}
