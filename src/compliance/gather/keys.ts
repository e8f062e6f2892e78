import { keyArn, parseArn } from '../../api/arn.ts'
import type { EpochMs } from '../../base/ports.ts'
import { type GiveWay, sortInSlices } from '../../base/slices.ts'
import { onResource } from '../../dispatch/access.ts'
import { shownName } from '../../iam/entities/principals.ts'
import { placeNow } from '../../iam/organization/place.ts'
import { GRANT, type GrantParty, type GrantValue, grantPartition } from '../../kms/grants/grant-record.ts'
import { CUSTOM_KEY_STORE } from '../../kms/key-stores/custom-key-store.ts'
import { parseIdentifier } from '../../kms/keys/identifier.ts'
import { type KeyPlace, keyWithMaterials } from '../../kms/keys/key-materials.ts'
import { shownPolicy } from '../../kms/keys/key-policy.ts'
import { KEY, type KeyMaterialValue, type KeyValue, partitionOf } from '../../kms/keys/key-record.ts'
import { stateAt } from '../../kms/keys/key-state.ts'
import { findKey, isGone } from '../../kms/keys/keys.ts'
import { parsePolicy } from '../../policy/parse.ts'
import type { TouchRow } from '../../store/index-port.ts'
import { type Kind, LIST_MAX_RECORDS, type Page, type Records, type Stored } from '../../store/records.ts'
import type { ReportedGrant, ReportedKey, ReportedMaterial } from '../facts.ts'

/** The sources of facts about keys. */
export type KeyFactDependencies = {
  readonly records: Records
  readonly touches: (keyArn: string) => Promise<readonly TouchRow[]>
  readonly giveWay: GiveWay
  /** Whether to include the grants on the key. */
  readonly withGrants: boolean
}

/** The account and region to which key IDs and alias names refer. */
export type NamedScope = { readonly account: string; readonly region: string; readonly now: EpochMs }

/**
 * The key that a key id, key ARN, alias name or alias ARN names, or nothing; an ARN may be of any account and region.
 *
 * @throws KmsError for a text that cannot name a key.
 */
export async function findKeyPlace(
  records: Records,
  { account, region, now }: NamedScope,
  text: string,
): Promise<KeyPlace | undefined> {
  const place = parseArn(text)?.region ?? region
  const key = await findKey({ records, region: place, now }, parseIdentifier(text, account, place))
  return key && { account: key.account, region: key.region, keyId: key.keyId }
}

/** Every existing key of an account in a region, in a stable order. */
export async function* listKeyPlaces(
  records: Records,
  account: string,
  region: string,
  now: EpochMs,
): AsyncGenerator<KeyPlace> {
  const keys = await readPartition(records, KEY, partitionOf(account, region))
  for (const { name, value } of keys.toSorted((one, other) => (one.name < other.name ? -1 : 1)))
    if (!isGone(value, now)) yield { account, region, keyId: name }
}

/** The facts of a key; nothing for a deleted one. */
export async function reportKey(
  { records, touches, giveWay, withGrants }: KeyFactDependencies,
  place: KeyPlace,
  now: EpochMs,
): Promise<ReportedKey | undefined> {
  const { account, region, keyId } = place
  const found = await records.get(KEY, partitionOf(account, region), keyId)
  if (found === undefined || isGone(found.value, now)) return undefined
  const { record, materials } = await keyWithMaterials(records, place, found)
  const { value } = record
  const arn = keyArn(region, account, keyId)
  const names = { giveWay, shownName: (named: string, id: string) => shownName(records, named, id) }
  const where = await placeNow(records, account)
  const { spec, usage, origin, description, createdAt, aliases, rotation, multiRegion } = value
  return {
    ...{ arn, account, region, keyId, spec, usage, origin, description, createdAt, rotation, multiRegion },
    state: stateAt(value, now),
    aliases: aliases.toSorted(),
    policyText: value.policy,
    policy: parsePolicy(await shownPolicy(value, names), { flavour: 'key' }),
    bindings: new Map(Object.entries(value.principalIds ?? {})),
    rcps: value.managed === true ? undefined : where.rcps,
    onKey: (keys) => onResource(keys, account, where),
    deletionAt: value.deletion?.at,
    keyStore: await storeOf(records, place, value),
    materials: materials.map((material) => reportMaterial(material, value)),
    grants: withGrants ? await reportGrants(records, place, names, giveWay) : [],
    touches: await touches(arn),
  }
}

async function storeOf(
  records: Records,
  { account, region }: KeyPlace,
  { keyStore }: KeyValue,
): Promise<ReportedKey['keyStore']> {
  if (keyStore === undefined) return undefined
  const store = await records.get(CUSTOM_KEY_STORE, partitionOf(account, region), keyStore.id)
  return { id: keyStore.id, name: store?.value.name ?? '', externalId: keyStore.xksKeyId ?? '' }
}

function reportMaterial({ value }: Stored<KeyMaterialValue>, key: KeyValue): ReportedMaterial {
  const { materialId, createdAt, rotation, wrapped, imported } = value
  const other = value.pending === true ? 'PENDING_ROTATION' : 'NON_CURRENT'
  return {
    materialId,
    state: materialId === key.materialId ? 'CURRENT' : other,
    createdAt,
    currentAt: rotation?.at ?? createdAt,
    present: wrapped !== undefined,
    validTo: imported?.validTo,
  }
}

type Names = Parameters<typeof shownPolicy>[1]

/** The grants, sorted by ID. */
async function reportGrants(
  records: Records,
  place: KeyPlace,
  names: Names,
  giveWay: GiveWay,
): Promise<readonly ReportedGrant[]> {
  const reported: ReportedGrant[] = []
  for (const grant of await readPartition(records, GRANT, grantPartition(place))) {
    const wait = giveWay()
    if (wait !== undefined) await wait
    reported.push(await reportGrant(grant, names))
  }
  return sortInSlices(reported, (one, other) => (one.id < other.id ? -1 : 1), giveWay)
}

async function reportGrant({ name: id, value }: Stored<GrantValue>, names: Names): Promise<ReportedGrant> {
  const { grantee, retiring, operations, createdAt, constraints } = value
  return {
    ...{ id, name: value.name, operations, createdAt },
    grantee: await partyText(grantee, names),
    retiring: retiring && (await partyText(retiring, names)),
    constrained: Object.keys(constraints).length > 0,
  }
}

async function partyText(party: GrantParty, names: Names): Promise<string> {
  if (party.type === 'service') return party.name
  return party.id === undefined ? party.arn : names.shownName(party.arn, party.id)
}

async function readPartition<V extends object>(
  records: Records,
  kind: Kind<V>,
  partition: string,
): Promise<readonly Stored<V>[]> {
  const all: Stored<V>[] = []
  let after: string | undefined
  do {
    const page: Page<V> = await records.list(kind, { partition, after, limit: LIST_MAX_RECORDS })
    all.push(...page.records)
    after = page.next
  } while (after !== undefined)
  return all
}
