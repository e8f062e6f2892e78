import { KmsError } from '../api/errors.ts'
import { concatBytes, lengthPrefixed, parseBase64, toBase64, toHex, utf8 } from '../base/bytes.ts'
import type { Clock, Random } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import { sha256 } from '../crypto/hash.ts'
import type { ObjectSealer } from '../custody/object-sealer.ts'
import type { Caller } from '../dispatch/caller.ts'
import type { ForwardedCall } from '../dispatch/forward.ts'
import type { Outcome } from '../dispatch/operation.ts'
import { type CustomerKey, isChecked } from './customer-key.ts'
import { type EncryptionChoice, kmsContext } from './encryption.ts'
import type { BucketEntry, ObjectEncryption } from './entries.ts'
import { S3Error } from './s3-error.ts'
import { DATA_KEY_BYTES } from './stream-format.ts'

/** The dependencies of data keys. */
export type DataKeyDependencies = {
  /** Calls KMS as the caller, by way of S3. */
  readonly callKms: (call: ForwardedCall) => Promise<Outcome>
  readonly sealer: Pick<ObjectSealer, 'wrap' | 'unwrap' | 'check'>
  readonly clock: Clock
  readonly random: Random
}

/** Whose key for which object. */
export type KeyUse = { readonly caller: Caller; readonly bucket: BucketEntry; readonly key: string }

/** A new data key, and what is stored of it. */
export type NewDataKey = { readonly dataKey: Secret; readonly encryption: ObjectEncryption }

/** A bucket key serves its requester so long; then KMS decides again. A revocation is in force after this time. */
const BUCKET_KEY_MS = 5_000
/** Bucket keys in memory. */
const BUCKET_KEYS_MAX = 1_000
const SALT_BYTES = 16

type Cached = {
  readonly secret: Secret
  readonly keyArn: string
  readonly ciphertext: string
  readonly until: number
}

/** Makes and opens the data keys of objects. KMS decides about each as about a call of the caller itself. */
export class DataKeys {
  readonly #dependencies: DataKeyDependencies
  readonly #cache = new Map<string, Cached>()

  constructor(dependencies: DataKeyDependencies) {
    this.#dependencies = dependencies
  }

  /** A new data key. Who gets it clears it. @throws S3Error when KMS gives none. */
  async create(use: KeyUse, choice: EncryptionChoice): Promise<NewDataKey> {
    const { sealer, random } = this.#dependencies
    if (choice.type === 'AES256') {
      const dataKey = new Secret(random.bytes(DATA_KEY_BYTES))
      return {
        dataKey,
        encryption: { type: 'AES256', wrapped: toBase64(sealer.wrap(dataKey, boundTo(use))) },
      }
    }
    if (choice.type === 'customer') {
      const { secret } = choice.customerKey
      const salt = random.bytes(SALT_BYTES)
      const check = toBase64(sealer.check(secret, salt))
      return { dataKey: copyOf(secret), encryption: { type: 'customer', salt: toBase64(salt), check } }
    }
    const { bucketKey, context, keyId, type } = choice
    const { secret, keyArn, ciphertext } = bucketKey
      ? await this.#bucketKey(use, `new ${keyId} ${contextName(context)}`, () => this.#generate(use, choice))
      : await this.#generate(use, choice)
    const encryption = { type, keyArn, ciphertext, context, bucketKey }
    if (type === 'aws:kms') return { dataKey: secret, encryption }
    using first = secret
    using second = new Secret(random.bytes(DATA_KEY_BYTES))
    const secondWrapped = toBase64(sealer.wrap(second, boundTo(use)))
    return { dataKey: joined(first, second), encryption: { ...encryption, secondWrapped } }
  }

  /**
   * The data key of an object. Who gets it clears it.
   *
   * @throws S3Error when KMS does not decrypt it, or the key of the customer is another one.
   */
  async open(
    use: KeyUse,
    encryption: ObjectEncryption,
    customerKey: CustomerKey | undefined,
  ): Promise<Secret> {
    if (encryption.type === 'customer') return this.#checked(encryption, customerKey)
    if (customerKey !== undefined) {
      throw new S3Error('InvalidRequest', 'The encryption parameters are not applicable to this object.')
    }
    if (encryption.type === 'AES256') return this.#unwrapped(use, encryption.wrapped)
    const first = await this.#openByKms(use, encryption)
    if (encryption.secondWrapped === undefined) return first
    using inner = first
    using outer = this.#unwrapped(use, encryption.secondWrapped)
    return joined(inner, outer)
  }

  #checked(
    { salt, check }: Extract<ObjectEncryption, { type: 'customer' }>,
    customerKey: CustomerKey | undefined,
  ): Secret {
    if (customerKey === undefined) {
      throw new S3Error(
        'InvalidRequest',
        'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.',
      )
    }
    const { secret } = customerKey
    if (isChecked(check, this.#dependencies.sealer.check(secret, decoded(salt)))) return copyOf(secret)
    const message =
      'Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key.'
    throw new S3Error('AccessDenied', message, { reason: 'the key of the customer is another one' })
  }

  #unwrapped(use: KeyUse, wrapped: string): Secret {
    const dataKey = this.#dependencies.sealer.unwrap(decoded(wrapped), boundTo(use))
    if (dataKey === undefined) throw new Error('a wrapped data key does not open')
    return dataKey
  }

  async #openByKms(use: KeyUse, encryption: KmsEncryption): Promise<Secret> {
    const decrypt = async (): Promise<Key> => {
      const { keyArn, ciphertext } = encryption
      const input = {
        KeyId: keyArn,
        CiphertextBlob: ciphertext,
        EncryptionContext: contextOf(use, encryption),
      }
      return { secret: await this.#secretOf(use, 'Decrypt', input, keyArn), keyArn, ciphertext }
    }
    if (!encryption.bucketKey) return (await decrypt()).secret
    return (await this.#bucketKey(use, `open ${encryption.ciphertext}`, decrypt)).secret
  }

  /** Clears what is in memory. */
  clear(): void {
    for (const { secret } of this.#cache.values()) secret[Symbol.dispose]()
    this.#cache.clear()
  }

  /** A bucket key of this requester: from memory for a moment, else from KMS. */
  async #bucketKey({ caller, bucket }: KeyUse, what: string, make: () => Promise<Key>): Promise<Key> {
    const { clock } = this.#dependencies
    const name = toHex(sha256(lengthPrefixed(caller.arn, caller.accessKeyId, bucket.name, what)))
    const known = this.#cache.get(name)
    if (known !== undefined && known.until > clock.monotonicMs())
      return { ...known, secret: copyOf(known.secret) }
    if (known !== undefined) this.#forget(name, known)
    const began = clock.monotonicMs()
    const made = await make()
    for (const [oldest, cached] of this.#cache) {
      if (this.#cache.size < BUCKET_KEYS_MAX && cached.until > clock.monotonicMs()) break
      this.#forget(oldest, cached)
    }
    const before = this.#cache.get(name)
    if (before !== undefined) this.#forget(name, before)
    this.#cache.set(name, { ...made, secret: copyOf(made.secret), until: began + BUCKET_KEY_MS })
    return made
  }

  #forget(name: string, { secret }: Cached): void {
    secret[Symbol.dispose]()
    this.#cache.delete(name)
  }

  async #generate(use: KeyUse, choice: KmsChoice): Promise<Key> {
    const input = { KeyId: choice.keyId, KeySpec: 'AES_256', EncryptionContext: contextOf(use, choice) }
    return await this.#call(use, 'GenerateDataKey', input, (output) => ({
      secret: secretOf(output),
      keyArn: textMember(output, 'KeyId'),
      ciphertext: toBase64(bytesMember(output, 'CiphertextBlob')),
    }))
  }

  #secretOf(use: KeyUse, operation: string, input: Input, keyArn: string): Promise<Secret> {
    return this.#call(use, operation, { ...input, KeyId: keyArn }, secretOf)
  }

  async #call<T>(use: KeyUse, operation: string, input: Input, take: (output: Output) => T): Promise<T> {
    const { caller, bucket } = use
    try {
      const outcome = await this.#dependencies.callKms({
        caller,
        via: 's3',
        region: bucket.region,
        operation,
        input,
      })
      try {
        return take(outcome.output ?? {})
      } finally {
        outcome.dispose?.()
      }
    } catch (error) {
      if (error instanceof KmsError) throw kmsRefusal(error, String(input['KeyId']))
      throw error
    }
  }
}

type KmsChoice = Extract<EncryptionChoice, { readonly keyId: string }>
type KmsEncryption = Extract<ObjectEncryption, { readonly keyArn: string }>
type Key = { readonly secret: Secret; readonly keyArn: string; readonly ciphertext: string }
type Input = Readonly<Record<string, unknown>>
type Output = Readonly<Record<string, unknown>>

function contextOf({ bucket, key }: KeyUse, encryption: Parameters<typeof kmsContext>[2]) {
  return kmsContext(bucket.name, key, encryption)
}

function contextName(context: Readonly<Record<string, string>> | undefined): string {
  return JSON.stringify(Object.entries(context ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** What a wrapped data key belongs to. */
function boundTo({ bucket, key }: KeyUse): Uint8Array {
  return concatBytes(utf8('object'), lengthPrefixed(bucket.name, key))
}

/** The data key of two layers. */
function joined(inner: Secret, outer: Secret): Secret {
  return inner.reveal((first) => outer.reveal((second) => new Secret(concatBytes(first, second))))
}

function copyOf(secret: Secret): Secret {
  return secret.reveal((bytes) => new Secret(Uint8Array.from(bytes)))
}

function secretOf(output: Output): Secret {
  return new Secret(Uint8Array.from(bytesMember(output, 'Plaintext')))
}

function bytesMember(output: Output, name: string): Uint8Array {
  const value = output[name]
  if (value instanceof Uint8Array && value.length > 0) return value
  throw new Error(`KMS has answered without ${name}`)
}

function textMember(output: Output, name: string): string {
  const value = output[name]
  if (typeof value === 'string') return value
  throw new Error(`KMS has answered without ${name}`)
}

function decoded(text: string): Uint8Array {
  const bytes = parseBase64(text)
  if (bytes === undefined) throw new Error('a wrapped data key is not base64')
  return bytes
}

/** The error of S3 for one of KMS. Source: recorded answers of Amazon S3. */
function kmsRefusal(error: KmsError, keyId: string): S3Error {
  const { message } = error
  const options = { reason: error.reason, cause: error }
  switch (error.code) {
    case 'AccessDeniedException':
      return new S3Error('AccessDenied', message, options)
    case 'NotFoundException':
      return new S3Error('KMS.NotFoundException', message, options)
    case 'ValidationException':
      return new S3Error('KMS.NotFoundException', `Invalid keyId ${keyId}`, options)
    case 'DisabledException':
      return new S3Error('KMS.DisabledException', message, options)
    case 'KMSInvalidStateException':
    case 'KeyUnavailableException':
      return new S3Error('KMS.KMSInvalidStateException', message, options)
    case 'InvalidKeyUsageException':
      return new S3Error('KMS.InvalidKeyUsageException', message, options)
    case 'ThrottlingException':
      return new S3Error('SlowDown', 'Please reduce your request rate.', options)
    default:
      return new S3Error('InternalError', INTERNAL, options)
  }
}

/** The message of every internal error. */
export const INTERNAL = 'We encountered an internal error. Please try again.'
