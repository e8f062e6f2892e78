/** For tests: callers that rotate, import, delete, replicate and move keys until a test stops them. */

import assert from 'node:assert/strict'
import { constants, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto'
import type { Output } from '../../src/api/json.ts'
import type { Answer } from '../support/calls.ts'
import { REGION } from '../support/kms.ts'
import type { Seeded } from '../support/seeded.ts'
import { factOf, type Life, type Lives, type LivingKey, parseSet, REGIONS, setText } from './lives.ts'
import type { Session } from './session.ts'

/** The dependencies of all callers. */
export type LivesDependencies = {
  readonly session: Session
  readonly lives: Lives
  readonly random: Seeded
  readonly now: () => number
  /** Whether to continue. Callers ask before each call. */
  readonly goesOn: () => boolean
  /** Whether callers may delete keys. They may not while another change is due. */
  readonly deletes: boolean
}

/** A call, its change, and the handling of its response. */
type Act = {
  readonly operation: string
  readonly input: Output
  readonly region?: string
  readonly change?: readonly [fact: string, value: string]
  readonly refusal?: string
  readonly done?: (output: Answer['json']) => void
}

const CALLERS: readonly Life[] = ['rotating', 'imported', 'imported', 'renewed', 'multi-region']
const KEYS_IN_USE = 3
const SEALED_PER_KEY = 4
/** Below the limit of 25. */
const ON_DEMAND_MAX = 20
const PERIOD_DAYS = 90
const VALID_SECONDS = 30 * 86_400
const PLAINTEXT = Buffer.from('a plaintext').toString('base64')

/** Runs all callers in parallel until they must stop or the server ends. */
export async function runLives(dependencies: LivesDependencies): Promise<void> {
  await Promise.all(CALLERS.map((life, caller) => runCaller(dependencies, life, caller)))
}

async function runCaller(dependencies: LivesDependencies, life: Life, caller: number): Promise<void> {
  while (dependencies.goesOn()) {
    const act = await chooseAct(dependencies, life, caller)
    if (act === undefined || !(await perform(dependencies, act))) return
  }
}

/** Makes one call. Returns false without a response, in which case the effect of the call is unknown. */
async function perform({ session, lives: { facts } }: LivesDependencies, act: Act): Promise<boolean> {
  const { operation, input, region, change, refusal } = act
  if (change !== undefined) facts.attempt(...change)
  const answer = await session.try(operation, input, region)
  if (answer === undefined) return false
  const what = `${operation} ${JSON.stringify(input)}: ${answer.text}`
  if (refusal === undefined) assert.equal(answer.status, 200, what)
  else assert.equal(answer.code, refusal, what)
  if (change !== undefined) facts.settle(...change)
  act.done?.(answer.json)
  return true
}

/** Chooses the next call; `undefined` if the server has ended. */
async function chooseAct(
  dependencies: LivesDependencies,
  life: Life,
  caller: number,
): Promise<Act | undefined> {
  const { lives, random } = dependencies
  const own = lives.ownedBy(caller).slice(-KEYS_IN_USE)
  if (own.length === 0 || (own.length < KEYS_IN_USE && random.oneIn(6)) || random.oneIn(60)) {
    return create(lives, life, caller)
  }
  const key = random.pick(own)
  switch (life) {
    case 'rotating':
      return rotatingAct(dependencies, key, own.length)
    case 'imported':
      return importedAct(dependencies, key)
    case 'renewed':
      return renewedAct(dependencies, key)
    case 'multi-region':
      return movingAct(dependencies, key)
  }
}

const BORN: { readonly [L in Life]: Output } = {
  rotating: {},
  imported: { Origin: 'EXTERNAL' },
  renewed: { Origin: 'EXTERNAL' },
  'multi-region': { MultiRegion: true },
}

function create(lives: Lives, life: Life, caller: number): Act {
  const done = ({ KeyMetadata }: Answer['json']): void => {
    lives.add((KeyMetadata as { readonly KeyId: string }).KeyId, life, caller)
  }
  return { operation: 'CreateKey', input: BORN[life], done }
}

function rotatingAct(dependencies: LivesDependencies, key: LivingKey, keys: number): Act {
  const { lives, random, deletes } = dependencies
  if (lives.value('schedule', key) === 'off') return schedule(key, REGION)
  if (deletes && keys > 1 && random.oneIn(8)) {
    const input = { KeyId: key.id, PendingWindowInDays: 7 }
    return { operation: 'ScheduleKeyDeletion', input, change: [factOf.deletion(key.id), 'scheduled'] }
  }
  return rotate(lives, random, key, REGION) ?? use(random, key, [REGION])
}

/** Rotates on demand in half of the cases, up to the limit. */
function rotate(lives: Lives, random: Seeded, key: LivingKey, region: string): Act | undefined {
  const count = Number(lives.value('onDemand', key))
  if (count >= ON_DEMAND_MAX || random.oneIn(2)) return undefined
  const change = [factOf.onDemand(key.id), String(count + 1)] as const
  return { operation: 'RotateKeyOnDemand', input: { KeyId: key.id }, region, change }
}

function schedule({ id }: LivingKey, region: string): Act {
  const input = { KeyId: id, RotationPeriodInDays: PERIOD_DAYS }
  return { operation: 'EnableKeyRotation', input, region, change: [factOf.schedule(id), 'on'] }
}

/** Encrypts, or decrypts an earlier ciphertext. */
function use(random: Seeded, key: LivingKey, regions: readonly string[]): Act {
  const region = random.pick(regions)
  const known = key.sealed.length > 0 && random.oneIn(2) ? random.pick(key.sealed) : undefined
  if (known === undefined) {
    const done = ({ CiphertextBlob }: Answer['json']): void => {
      // Keeps the oldest ciphertexts, so that they outlast every rotation.
      if (key.sealed.length >= SEALED_PER_KEY) key.sealed.pop()
      key.sealed.push({ ciphertext: String(CiphertextBlob), plaintext: PLAINTEXT })
    }
    return { operation: 'Encrypt', input: { KeyId: key.id, Plaintext: PLAINTEXT }, region, done }
  }
  const done = ({ Plaintext }: Answer['json']): void => assert.equal(Plaintext, known.plaintext)
  return { operation: 'Decrypt', input: { CiphertextBlob: known.ciphertext }, region, done }
}

async function importedAct(dependencies: LivesDependencies, key: LivingKey): Promise<Act | undefined> {
  const { lives, random, now } = dependencies
  const absent = lives.value('material', key) === 'absent'
  if (absent && random.oneIn(4)) {
    const input = { KeyId: key.id, Plaintext: PLAINTEXT }
    return { operation: 'Encrypt', input, refusal: 'KMSInvalidStateException' }
  }
  if (absent || random.oneIn(4)) {
    if (random.oneIn(3)) return importing(dependencies, key, key.bytes, FOR_EVER)
    const validTo = Math.floor(now() / 1000) + VALID_SECONDS
    const expires = { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: validTo }
    return importing(dependencies, key, key.bytes, { ...expires })
  }
  if (random.oneIn(3)) {
    const change = [factOf.material(key.id), 'absent'] as const
    return { operation: 'DeleteImportedKeyMaterial', input: { KeyId: key.id }, change }
  }
  return use(random, key, [REGION])
}

const FOR_EVER = { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }

async function renewedAct(dependencies: LivesDependencies, key: LivingKey): Promise<Act | undefined> {
  const { lives, random } = dependencies
  if (lives.value('material', key) === 'absent') return importing(dependencies, key, key.bytes, FOR_EVER)
  const standing = lives.value('onDemand', key)
  const count = Number.parseInt(standing, 10)
  const waits = standing.endsWith('+')
  if (count >= ON_DEMAND_MAX || random.oneIn(2)) return use(random, key, [REGION])
  if (waits) {
    const change = [factOf.onDemand(key.id), String(count + 1)] as const
    return { operation: 'RotateKeyOnDemand', input: { KeyId: key.id }, change }
  }
  const imported = await importing(dependencies, key, randomBytes(32), {
    ...FOR_EVER,
    ImportType: 'NEW_KEY_MATERIAL',
  })
  return imported && { ...imported, change: [factOf.onDemand(key.id), `${count}+`] }
}

/** The import of these bytes, wrapped for the key; `undefined` if the server has ended. */
async function importing(
  { session }: LivesDependencies,
  { id }: LivingKey,
  bytes: Buffer,
  more: Output,
): Promise<Act | undefined> {
  const manner = { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' }
  const parameters = await session.try('GetParametersForImport', { KeyId: id, ...manner })
  if (parameters === undefined) return undefined
  assert.equal(parameters.status, 200, parameters.text)
  const { PublicKey, ImportToken } = parameters.json
  const spki = { key: Buffer.from(String(PublicKey), 'base64'), type: 'spki', format: 'der' } as const
  const padding = constants.RSA_PKCS1_OAEP_PADDING
  const wrapped = publicEncrypt({ key: createPublicKey(spki), oaepHash: 'sha256', padding }, bytes)
  const material = { ImportToken: String(ImportToken), EncryptedKeyMaterial: wrapped.toString('base64') }
  const standing = String(more['ValidTo'] ?? 'for ever')
  return {
    operation: 'ImportKeyMaterial',
    input: { KeyId: id, ...material, ...more },
    change: [factOf.material(id), standing],
  }
}

function movingAct({ lives, random }: LivesDependencies, key: LivingKey): Act {
  const { primary, regions } = parseSet(lives.value('set', key))
  if (lives.value('schedule', key) === 'off') return schedule(key, primary)
  const fact = factOf.set(key.id)
  const other = random.pick(REGIONS)
  if (!regions.includes(other)) {
    const input = { KeyId: key.id, ReplicaRegion: other }
    const change = [fact, setText(primary, [...regions, other])] as const
    return { operation: 'ReplicateKey', input, region: primary, change }
  }
  if (other !== primary && random.oneIn(3)) {
    const input = { KeyId: key.id, PrimaryRegion: other }
    const change = [fact, setText(other, regions)] as const
    return { operation: 'UpdatePrimaryRegion', input, region: primary, change }
  }
  return rotate(lives, random, key, primary) ?? use(random, key, regions)
}
