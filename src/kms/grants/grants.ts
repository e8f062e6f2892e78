import { KmsError } from '../../api/errors.ts'
import { toHex } from '../../base/bytes.ts'
import type { EpochMs } from '../../base/ports.ts'
import { type Change, insert, type Records, remove, replace, type Stored } from '../../store/records.ts'
import type { KeyPlace } from '../keys/key-materials.ts'
import type { Key } from '../keys/keys.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
import { checkQuota } from '../kms-quota.ts'
import { partyName } from './grant-party.ts'
import {
  GRANT,
  type GrantTerms,
  type GrantValue,
  grantPartition,
  NAMED_GRANT,
  RETIRABLE_GRANT,
} from './grant-record.ts'
import { addToIndex, removeFromIndex } from './grantee-index.ts'

const GRANT_ID_BYTES = 32
const GRANT_ID = /^[0-9a-f]{64}$/

/** @throws InvalidGrantIdException for a text that no grant has as its id. */
export function checkGrantId(grantId: string | undefined): void {
  if (grantId === undefined || GRANT_ID.test(grantId)) return
  throw new KmsError('InvalidGrantIdException', `'${grantId}' is not a valid grant ID.`)
}

/** The error for a grant that is not there. Source: recorded answers of AWS KMS. */
export function grantNotFound(grantId: string): KmsError {
  return new KmsError('NotFoundException', `Grant ID ${grantId} not found`)
}

/** A grant on a key, or nothing. */
export function findGrant(
  records: Records,
  place: KeyPlace,
  grantId: string,
): Promise<Stored<GrantValue> | undefined> {
  return records.get(GRANT, grantPartition(place), grantId)
}

/** The same. @throws NotFoundException. */
export async function getGrant(
  records: Records,
  place: KeyPlace,
  grantId: string,
): Promise<Stored<GrantValue>> {
  const grant = await findGrant(records, place, grantId)
  if (grant === undefined) throw grantNotFound(grantId)
  return grant
}

/** A grant to store, or one found by its name. */
export type PlannedGrant = { readonly grantId: string; readonly changes: readonly Change[] }

/**
 * A grant with these terms: the one that the same named request has made, or a new one. The key's record
 * changes with it, so that no key that is being deleted gets a grant, and the count is right.
 *
 * @throws LimitExceededException when the key has as many as the account's quota allows.
 */
export async function planGrant(
  { records, random, quotas }: KmsDependencies,
  key: Key,
  terms: GrantTerms,
  now: EpochMs,
): Promise<PlannedGrant> {
  const partition = grantPartition(key)
  const named = terms.name === undefined ? undefined : nameOf(terms)
  const known = named === undefined ? undefined : await records.get(NAMED_GRANT, partition, named)
  if (known !== undefined) return { grantId: known.value.grantId, changes: [] }
  const { value } = key.record
  const { grants = 0 } = value
  await checkQuota(quotas, { account: key.account, region: key.region, quota: 'kms.grants-per-key' }, grants)
  const grantId = toHex(random.bytes(GRANT_ID_BYTES))
  const place = { partition, grantee: partyName(terms.grantee) }
  const changes = [
    insert(GRANT, partition, grantId, { format: 1, createdAt: now, ...terms }),
    replace(key.record, { ...value, grants: grants + 1 }),
    ...(await addToIndex(records, place, grantId)),
  ]
  if (named !== undefined) changes.push(insert(NAMED_GRANT, partition, named, { format: 1, grantId }))
  if (terms.retiring !== undefined) {
    const { account, keyId } = key
    const retirable = { format: 1 as const, account, keyId, grantId }
    const { partition: list, name } = retirablePlace(key, partyName(terms.retiring), grantId)
    changes.push(insert(RETIRABLE_GRANT, list, name, retirable))
  }
  return { grantId, changes }
}

/** The changes that end a grant, with all records that name it. */
export async function planRemoval(
  { records }: KmsDependencies,
  key: Key,
  grant: Stored<GrantValue>,
): Promise<readonly Change[]> {
  const { value } = key.record
  const place = { partition: grant.partition, grantee: partyName(grant.value.grantee) }
  return [
    remove(grant),
    replace(key.record, { ...value, grants: (value.grants ?? 0) - 1 }),
    ...(await removeFromIndex(records, place, grant.name)),
    ...(await removeName(records, grant)),
    ...(await removeRetirable(records, key, grant)),
  ]
}

async function removeName(records: Records, grant: Stored<GrantValue>): Promise<readonly Change[]> {
  if (grant.value.name === undefined) return []
  const named = await records.get(NAMED_GRANT, grant.partition, nameOf(grant.value))
  return named === undefined ? [] : [remove(named)]
}

/** The changes that take a grant from the list of its retiring principal. */
export async function removeRetirable(
  records: Records,
  key: KeyPlace,
  grant: Stored<GrantValue>,
): Promise<readonly Change[]> {
  const { retiring } = grant.value
  if (retiring === undefined) return []
  const { partition, name } = retirablePlace(key, partyName(retiring), grant.name)
  const retirable = await records.get(RETIRABLE_GRANT, partition, name)
  return retirable === undefined ? [] : [remove(retirable)]
}

type RecordPlace = { readonly partition: string; readonly name: string }

function retirablePlace(
  { account, region, keyId }: KeyPlace,
  retiring: string,
  grantId: string,
): RecordPlace {
  return { partition: retirablePartition(region, retiring), name: `${account}/${keyId}/${grantId}` }
}

/** The partition of the grants in a region that a party may retire. */
export function retirablePartition(region: string, retiring: string): string {
  return `${region}/${retiring}`
}

/** All terms of a request for a grant, including its name: an equal request is for the same grant. */
function nameOf({ name, grantee, retiring, issuingAccount, operations, constraints }: GrantTerms): string {
  const { equals, subset, sourceArn } = constraints
  return JSON.stringify([
    name,
    partyName(grantee),
    retiring === undefined ? null : partyName(retiring),
    issuingAccount,
    operations.toSorted(),
    sorted(equals),
    sorted(subset),
    sourceArn ?? null,
  ])
}

function sorted(pairs: GrantTerms['constraints']['equals']): readonly string[] | null {
  return pairs === undefined ? null : pairs.map((pair) => JSON.stringify(pair)).toSorted()
}
