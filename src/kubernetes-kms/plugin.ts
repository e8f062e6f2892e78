import type { Log } from '../base/log.ts'
import type { Clock, EpochMs, Random, Timers } from '../base/ports.ts'
import { Failure } from './failure.ts'
import { type KeyFacts, type KmsPort, KmsRefusal } from './kms-port.ts'
import type {
  DecryptRequest,
  DecryptResponse,
  EncryptRequest,
  EncryptResponse,
  StatusResponse,
} from './messages.ts'
import { openSeed, parseSealedSeed, sealSeed } from './sealed-seed.ts'
import { type SavedKeys, SeenKeys, type WrappingKey } from './seen.ts'

/** The version of the API. It must not change while an API server runs. */
const VERSION = 'v2'
/** What Status answers in `healthz` for a plug-in that can be used. */
const HEALTHY = 'ok'

/** The time limit of a call: below the 3 seconds that an API server waits by default. */
export const CALL_LIMIT_MS = 2500
/**
 * How old the facts about the key may be while all is well. The API server asks for the status once a minute; most of
 * these calls cost no call of KMS. A rotation is noticed within this time.
 */
export const REFRESH_MS = 600_000
/** The same while something is wrong: the API server then asks every 10 seconds. */
const UNHEALTHY_REFRESH_MS = 9000
/** Source: Kubernetes, KMS provider API v2: the API server refuses longer ones. */
const CIPHERTEXT_MAX_BYTES = 1024
/** Room for the ciphertext of the wrapping key: an API server encrypts seeds of 32 bytes. */
const PLAINTEXT_MAX_BYTES = 512
const KEY_ID_MAX_LENGTH = 1024

/** Errors of KMS after which nothing of the key may be decrypted any more. */
const REVOKED = new Set([
  'AccessDeniedException',
  'DisabledException',
  'KMSInvalidStateException',
  'NotFoundException',
])

/** Errors of KMS that are about the bytes of one call, and say nothing about others. */
const OF_ONE_CALL = new Set(['InvalidCiphertextException', 'IncorrectKeyException', 'ValidationException'])

/** What the plug-in needs. */
export type PluginDependencies = {
  readonly kms: KmsPort
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly log: Log
  /** How long KMS may be away before seen wrapping keys are of no use; 0 keeps none. */
  readonly offlineMs: number
  /** What an earlier process saved. */
  readonly saved: SavedKeys | undefined
  /** Saves what a later process may need. */
  readonly save: (saved: SavedKeys) => Promise<void>
}

/** The operations of Kubernetes' `KeyManagementService`. Each throws {@link Failure}. */
export type Plugin = {
  readonly status: () => Promise<StatusResponse>
  readonly encrypt: (request: EncryptRequest) => Promise<EncryptResponse>
  readonly decrypt: (request: DecryptRequest) => Promise<DecryptResponse>
}

/**
 * The plug-in's decisions.
 *
 * Encrypt takes a new wrapping key from KMS, encrypts under it, and puts the ciphertext of the wrapping key in front.
 * Decrypt has KMS decrypt that again. Only while KMS gives no answer, both use wrapping keys that KMS confirmed before: an
 * API server encrypts a new seed at its start, and does not start to read without.
 *
 * A key ID is the key ARN and the ID of its current key material, so a rotation gives another one, and API servers then
 * encrypt under a new seed. All plug-ins of a cluster derive the same key ID from the same key.
 */
export function createPlugin(dependencies: PluginDependencies): Plugin {
  const state = new PluginState(dependencies)
  return {
    status: () => state.status(),
    encrypt: (request) => state.encrypt(request),
    decrypt: (request) => state.decrypt(request),
  }
}

/** The key ID of a key: its ARN, and its key material if it has any. */
export function formatKeyId({ arn, materialId }: Pick<KeyFacts, 'arn' | 'materialId'>): string {
  return materialId === undefined ? arn : `${arn}#${materialId}`
}

const KEY_ID = /^(arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key\/[A-Za-z0-9-]+)(?:#[0-9a-f]{64})?$/

/** The key ARN of a key ID of this plug-in, whatever its key material. @throws Failure. */
function parseKeyId(keyId: string): string {
  const arn = keyId.length <= KEY_ID_MAX_LENGTH ? KEY_ID.exec(keyId)?.[1] : undefined
  if (arn !== undefined) return arn
  throw new Failure('INVALID_ARGUMENT', 'key_id: expected a key ARN, # and the ID of a key material')
}

class PluginState {
  readonly #dependencies: PluginDependencies
  readonly #seen: SeenKeys
  #key: KeyFacts | undefined
  /** The last known key ID, which may be one of an earlier process. */
  #keyId: string | undefined
  #problem: string | undefined = 'KMS was not asked yet'
  /** Whether the problem is that KMS gives no answer. */
  #away = false
  /** Whether a call failed since they last worked; the permissions are then tried. */
  #doubted = true
  #refreshedAt: EpochMs = Number.NEGATIVE_INFINITY
  #refreshing: Promise<void> | undefined
  #saving: Promise<void> = Promise.resolve()

  constructor(dependencies: PluginDependencies) {
    this.#dependencies = dependencies
    this.#seen = new SeenKeys(dependencies.saved?.keys)
    this.#keyId = dependencies.saved?.keyId
  }

  async status(): Promise<StatusResponse> {
    const wait = this.#problem === undefined ? REFRESH_MS : UNHEALTHY_REFRESH_MS
    if (this.#dependencies.clock.monotonicMs() - this.#refreshedAt >= wait) await this.#refresh()
    const keyId = this.#keyId
    if (keyId === undefined) throw new Failure('UNAVAILABLE', this.#problem ?? 'the key is not known')
    const works = this.#problem === undefined || (this.#away && this.#offlineKey() !== undefined)
    return { version: VERSION, healthz: works ? HEALTHY : (this.#problem ?? HEALTHY), keyId }
  }

  async encrypt({ plaintext, uid }: EncryptRequest): Promise<EncryptResponse> {
    if (plaintext.length === 0 || plaintext.length > PLAINTEXT_MAX_BYTES)
      throw new Failure('INVALID_ARGUMENT', `plaintext: expected 1 to ${PLAINTEXT_MAX_BYTES} bytes`)
    const wrapping = await this.#wrappingKey(uid)
    const ciphertext = sealSeed(wrapping, plaintext, this.#dependencies.random)
    if (ciphertext.length > CIPHERTEXT_MAX_BYTES)
      throw new Failure('INTERNAL', `the ciphertext has more than ${CIPHERTEXT_MAX_BYTES} bytes`)
    return { ciphertext, keyId: wrapping.keyId }
  }

  async decrypt({ ciphertext, uid, keyId }: DecryptRequest): Promise<DecryptResponse> {
    const keyArn = parseKeyId(keyId)
    if (ciphertext.length === 0 || ciphertext.length > CIPHERTEXT_MAX_BYTES)
      throw new Failure('INVALID_ARGUMENT', `ciphertext: expected 1 to ${CIPHERTEXT_MAX_BYTES} bytes`)
    const seed = parseSealedSeed(ciphertext)
    const { wrapped } = seed
    try {
      const key = await this.#call('Decrypt', { uid, keyArn }, (kms) => kms.decrypt(keyArn, wrapped))
      const plaintext = openSeed(key, seed)
      await this.#remember({ keyArn, keyId: '', wrapped, key, at: this.#dependencies.clock.now() })
      return { plaintext }
    } catch (error) {
      if (!isAway(error)) throw error
      const seen = this.#seen.find(wrapped, keyArn, this.#offlineSince())
      if (seen === undefined) throw error
      this.#dependencies.log.warn('KMS is away: a wrapping key that was seen before was used', { uid, keyId })
      return { plaintext: openSeed(seen.key, seed) }
    }
  }

  /** A new wrapping key; while KMS is away, the last one. */
  async #wrappingKey(uid: string): Promise<WrappingKey> {
    if (this.#key === undefined) await this.#refresh()
    try {
      const key = this.#key
      if (key === undefined) throw new Failure('UNAVAILABLE', this.#problem ?? 'the key is not known')
      return await this.#call('GenerateDataKey', { uid, keyArn: key.arn }, () => this.#generate(key))
    } catch (error) {
      const seen = isAway(error) ? this.#offlineKey() : undefined
      if (seen === undefined) throw error
      this.#dependencies.log.warn('KMS is away: the last wrapping key was used', { uid, keyId: seen.keyId })
      return seen
    }
  }

  async #generate(key: KeyFacts): Promise<WrappingKey> {
    const { kms, clock } = this.#dependencies
    const { materialId = key.materialId, ...made } = await kms.generate(key.arn)
    // The answer says which key material encrypted it, so a rotation since the last question is noticed here.
    this.#know({ ...key, materialId })
    const keyId = formatKeyId({ arn: key.arn, materialId })
    const wrapping = { ...made, keyArn: key.arn, keyId, at: clock.now() }
    await this.#remember(wrapping)
    return wrapping
  }

  #know(key: KeyFacts): void {
    const keyId = formatKeyId(key)
    if (this.#keyId !== keyId) this.#dependencies.log.info('the key has another key ID', { keyId })
    this.#key = key
    this.#keyId = keyId
  }

  /** The wrapping key for new ciphertexts while KMS is away. */
  #offlineKey(): WrappingKey | undefined {
    return this.#keyId === undefined ? undefined : this.#seen.latest(this.#keyId, this.#offlineSince())
  }

  /** Asks KMS for the key. Calls at the same time share one answer. */
  #refresh(): Promise<void> {
    this.#refreshing ??= this.#askForKey().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  async #askForKey(): Promise<void> {
    const before = this.#problem
    try {
      const key = await this.#within(this.#dependencies.kms.describe())
      this.#know(key)
      if (this.#doubted && key.state === 'Enabled') await this.#tryPermissions(key)
      this.#away = false
      this.#problem = key.state === 'Enabled' ? undefined : `the key is not enabled: ${key.state}`
      if (this.#problem !== undefined) await this.#revoke(key.arn)
    } catch (error) {
      this.#problem = messageOf(error)
      this.#away = !(error instanceof KmsRefusal)
      const arn = this.#key?.arn ?? KEY_ID.exec(this.#keyId ?? '')?.[1]
      if (isRevocation(error) && arn !== undefined) await this.#revoke(arn)
    }
    this.#refreshedAt = this.#dependencies.clock.monotonicMs()
    this.#logChange(before)
  }

  #logChange(before: string | undefined): void {
    const { log } = this.#dependencies
    const now = this.#problem
    if (now === before) return
    if (now !== undefined) log.error('the key cannot be used', { reason: now })
    else log.info('the key can be used', { keyId: this.#keyId ?? '' })
  }

  /** Makes a wrapping key, which then is there while KMS is away. @throws the error of KMS for either call. */
  async #tryPermissions(key: KeyFacts): Promise<void> {
    const { wrapped } = await this.#within(this.#generate(key))
    await this.#within(this.#dependencies.kms.decrypt(key.arn, wrapped))
    this.#doubted = false
  }

  /** Runs a call of KMS. @throws Failure with the reason of KMS; UNAVAILABLE when there was no answer. */
  async #call<T>(
    operation: string,
    { uid, keyArn }: { readonly uid: string; readonly keyArn: string },
    run: (kms: KmsPort) => Promise<T>,
  ): Promise<T> {
    const { kms, log } = this.#dependencies
    try {
      const result = await this.#within(run(kms))
      log.info(operation, { uid, keyArn })
      return result
    } catch (error) {
      const failure = failureOf(error)
      log.error(`${operation} failed`, { uid, keyArn, kind: failure.kind, reason: failure.message })
      if (failure.kind !== 'INVALID_ARGUMENT' && keyArn === this.#key?.arn) this.#doubt(failure)
      if (isRevocation(error)) await this.#revoke(keyArn)
      throw failure
    }
  }

  /** The next Status asks KMS again. */
  #doubt(failure: Failure): void {
    this.#problem ??= failure.message
    this.#away = isAway(failure)
    this.#doubted = true
    this.#refreshedAt = Number.NEGATIVE_INFINITY
  }

  async #within<T>(call: Promise<T>): Promise<T> {
    const limit = Promise.withResolvers<never>()
    const timer = this.#dependencies.timers.after(CALL_LIMIT_MS, () => {
      limit.reject(new Error(`no answer within ${CALL_LIMIT_MS} ms`))
    })
    // The call may fail after the time limit, when nobody waits for it any more.
    call.catch(() => {})
    try {
      return await Promise.race([call, limit.promise])
    } finally {
      timer.cancel()
    }
  }

  #offlineSince(): EpochMs {
    return this.#dependencies.clock.now() - this.#dependencies.offlineMs
  }

  async #remember(wrapping: WrappingKey): Promise<void> {
    if (this.#dependencies.offlineMs === 0) return
    this.#seen.expire(this.#offlineSince())
    this.#seen.add(wrapping)
    await this.#save()
  }

  async #revoke(keyArn: string): Promise<void> {
    if (this.#seen.forget(keyArn)) await this.#save()
  }

  /** Saves one after another: an older save must not end after a newer one, which has forgotten a key. */
  #save(): Promise<void> {
    this.#saving = this.#saving.then(() => this.#saveNow())
    return this.#saving
  }

  async #saveNow(): Promise<void> {
    if (this.#keyId === undefined) return
    try {
      await this.#dependencies.save({ keyId: this.#keyId, keys: this.#seen.all })
    } catch (error) {
      this.#dependencies.log.error('seen wrapping keys could not be saved', { reason: messageOf(error) })
    }
  }
}

function isAway(error: unknown): boolean {
  return error instanceof Failure && error.kind === 'UNAVAILABLE'
}

function isRevocation(error: unknown): boolean {
  return error instanceof KmsRefusal && REVOKED.has(error.code)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function failureOf(error: unknown): Failure {
  const message = messageOf(error)
  if (!(error instanceof KmsRefusal)) return new Failure('UNAVAILABLE', message, { cause: error })
  if (OF_ONE_CALL.has(error.code)) return new Failure('INVALID_ARGUMENT', message, { cause: error })
  const kind = error.code === 'AccessDeniedException' ? 'PERMISSION_DENIED' : 'FAILED_PRECONDITION'
  return new Failure(kind, message, { cause: error })
}
