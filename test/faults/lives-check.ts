/** For tests: compares a server's key materials with the acknowledged and the due changes. */

import assert from 'node:assert/strict'
import { setTimeout } from 'node:timers/promises'
import { type Event, readEvents } from '../support/audit.ts'
import { factOf, type Lives, type LivingKey, REGIONS, setText } from './lives.ts'
import type { Entry, Session } from './session.ts'

const DEADLINE_MS = 20_000
const POLL_MS = 50

type Metadata = {
  readonly KeyState: string
  readonly CurrentKeyMaterialId?: string
  readonly ValidTo?: number
  readonly MultiRegionConfiguration?: {
    readonly MultiRegionKeyType: string
    readonly PrimaryKey: { readonly Region: string }
    readonly ReplicaKeys: readonly object[]
  }
}

/** A key in one of its Regions. */
type Place = { readonly region: string; readonly metadata: Metadata }

/** The state of one check. */
type Check = {
  readonly session: Session
  readonly lives: Lives
  readonly now: () => number
}

/** Checks everything about every key, and that all due changes are done. Resolves uncertain facts. */
export async function checkLives(check: Check): Promise<void> {
  await Promise.all([...check.lives.keys.values()].map((key) => checkKey(check, key)))
}

async function checkKey(check: Check, key: LivingKey): Promise<void> {
  const regions = (await findPlaces(check, key)).map(({ region }) => region)
  if (key.isGone) return assert.deepEqual(regions, [], `${key.id} is still there`)
  const list = await keyMaterialsOf(check, key, regions)
  // From here on the checks run in parallel, because no change is due and no caller changes anything.
  const places = await findPlaces(check, key)
  const [first] = places
  assert.ok(first !== undefined, `the key ${key.id} is lost`)
  const { metadata } = first
  const primary = metadata.MultiRegionConfiguration?.PrimaryKey.Region ?? first.region
  const { facts } = check.lives
  facts.observe(factOf.deletion(key.id), metadata.KeyState === 'PendingDeletion' ? 'scheduled' : 'no')
  facts.observe(factOf.set(key.id), setText(primary, regions))
  facts.observe(factOf.material(key.id), standingOf(metadata))
  for (const place of places) assert.deepEqual(shared(place), shared(first), `${key.id} differs by region`)
  checkMaterials(check, key, list, metadata.CurrentKeyMaterialId)
  if (metadata.KeyState === 'Enabled') await checkSchedule(check, key, primary)
  for (const region of regions) await checkUse(check, key, { region, metadata })
  key.isDue = false
}

/** The Regions of a key. */
async function findPlaces({ session }: Check, key: LivingKey): Promise<readonly Place[]> {
  const places: Place[] = []
  for (const region of REGIONS) {
    const answer = await session.try('DescribeKey', { KeyId: key.id }, region)
    assert.ok(answer !== undefined, 'the server is gone')
    if (answer.code === 'NotFoundException') continue
    assert.equal(answer.status, 200, answer.text)
    places.push({ region, metadata: answer.json['KeyMetadata'] as Metadata })
  }
  return places
}

/** The shared properties of a set of multi-Region keys, and whether each key's Region matches its metadata. */
function shared({ region, metadata }: Place): readonly unknown[] {
  const { KeyState, CurrentKeyMaterialId, MultiRegionConfiguration: set } = metadata
  const isRight = (set?.MultiRegionKeyType === 'PRIMARY') === (set?.PrimaryKey.Region === region)
  return [KeyState, CurrentKeyMaterialId, set?.PrimaryKey, set?.ReplicaKeys, isRight || set === undefined]
}

function standingOf({ KeyState, ValidTo }: Metadata): string {
  return KeyState === 'PendingImport' ? 'absent' : String(ValidTo ?? 'for ever')
}

/** The materials of a key after all due changes. They are the same in every Region. */
async function keyMaterialsOf(
  { session, lives }: Check,
  key: LivingKey,
  regions: readonly string[],
): Promise<readonly Entry[]> {
  const input = { KeyId: key.id, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' }
  const lists = await whenTrue(`what is due for ${key.id} has been done`, async () => {
    const asked = regions.map((region) => session.list('ListKeyRotations', 'Rotations', input, region))
    const found = await Promise.all(asked)
    return found.every((list) => isDone(lives, key, list)) ? found : undefined
  })
  const [list = [], ...others] = lists.map((entries) => entries.map(({ KeyId: _, ...material }) => material))
  for (const other of others) assert.deepEqual(other, list, `the materials of ${key.id} differ by region`)
  return list
}

/** Asserts that no material is missing or duplicated, and that each due or acknowledged rotation is listed once. */
function checkMaterials(
  { lives }: Check,
  key: LivingKey,
  list: readonly Entry[],
  currentId: string | undefined,
): void {
  const ids = list.map(({ KeyMaterialId }) => String(KeyMaterialId))
  assert.equal(new Set(ids).size, ids.length, `${key.id} has a material twice`)
  assert.deepEqual(ids.slice(0, key.materials.length), key.materials, `${key.id} has lost a material`)
  const current = list.filter(({ KeyMaterialState }) => KeyMaterialState === 'CURRENT')
  assert.deepEqual(
    current.map(({ KeyMaterialId }) => KeyMaterialId),
    currentId === undefined ? [] : [currentId],
  )
  const waits = list.some(({ KeyMaterialState }) => KeyMaterialState === 'PENDING_ROTATION')
  lives.facts.observe(factOf.onDemand(key.id), `${countOf(list, 'ON_DEMAND')}${waits ? '+' : ''}`)
  lives.facts.observe(factOf.automatic(key.id), String(countOf(list, 'AUTOMATIC')))
  key.materials = ids
  key.rotated = ids.filter((_, at) => list[at]?.['RotationType'] !== undefined)
}

/** Repeats a query until it returns an answer. A query that throws fails the check. */
async function whenTrue<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + DEADLINE_MS
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    assert.ok(performance.now() < deadline, `timed out before ${what}`)
    await setTimeout(POLL_MS)
  }
}

function isDone(lives: Lives, key: LivingKey, list: readonly Entry[]): boolean {
  const rotated = countOf(list, 'AUTOMATIC') >= Number(lives.value('automatic', key))
  return rotated && (!key.isDue || list[0]?.['ImportState'] === 'PENDING_IMPORT')
}

function countOf(list: readonly Entry[], type: string): number {
  return list.filter(({ RotationType }) => RotationType === type).length
}

async function checkSchedule(
  { session, lives, now }: Check,
  { id }: LivingKey,
  primary: string,
): Promise<void> {
  const status = await session.succeed('GetKeyRotationStatus', { KeyId: id }, primary)
  lives.facts.observe(factOf.schedule(id), status['KeyRotationEnabled'] === true ? 'on' : 'off')
  const next = status['NextRotationDate']
  if (next !== undefined) assert.ok(Number(next) * 1000 > now(), `a rotation of ${id} is overdue`)
}

/** Asserts that each ciphertext decrypts with its original material, or that the key's state refuses it. */
async function checkUse(
  { session }: Check,
  { id, sealed }: LivingKey,
  { region, metadata }: Place,
): Promise<void> {
  for (const one of sealed) {
    const input = { CiphertextBlob: one.ciphertext }
    if (metadata.KeyState !== 'Enabled') {
      await session.refused('Decrypt', input, 'KMSInvalidStateException', region)
      continue
    }
    const { Plaintext, KeyMaterialId } = await session.succeed('Decrypt', input, region)
    assert.equal(Plaintext, one.plaintext, `a ciphertext of ${id} decrypts to something else`)
    one.materialId ??= String(KeyMaterialId)
    assert.equal(KeyMaterialId, one.materialId)
  }
}

/** Waits until each action is in the log. Asserts that it is there once, and that no unexpected action is. */
export async function checkDeeds(data: string, lives: Lives): Promise<void> {
  const total = [...lives.keys.values()].flatMap((key) => Object.values(lives.deeds(key)))
  const wanted = total.reduce((sum, count) => sum + count, 0)
  const deeds = await whenTrue('every deed is in the audit log', async () => {
    const found = await readDeeds(data)
    return found.length >= wanted ? found : undefined
  })
  for (const key of lives.keys.values()) {
    const own = deeds.filter(({ resources }) => resources?.[0]?.ARN.endsWith(`:key/${key.id}`))
    for (const [name, count] of Object.entries(lives.deeds(key))) {
      assert.equal(own.filter(({ eventName }) => eventName === name).length, count, `${name} of ${key.id}`)
    }
    if (!key.isGone) assert.deepEqual(rotationsIn(own).toSorted(), key.rotated.toSorted())
  }
  assert.equal(deeds.length, wanted, 'no action on an unknown key')
}

const DEEDS = ['RotateKey', 'DeleteExpiredKeyMaterial', 'DeleteKey']

async function readDeeds(data: string): Promise<readonly Event[]> {
  const events = await readEvents(data)
  return events.filter((event) => event['eventType'] === 'AwsServiceEvent' && DEEDS.includes(event.eventName))
}

/** The materials of the rotations in a list of events. */
function rotationsIn(events: readonly Event[]): readonly string[] {
  return events.flatMap(({ eventName, serviceEventDetails }) =>
    eventName === 'RotateKey'
      ? [(serviceEventDetails as { readonly currentKeyMaterialId: string }).currentKeyMaterialId]
      : [],
  )
}
