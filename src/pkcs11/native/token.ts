import { TokenFailure } from '../failure.ts'
import type { TokenFacts, TokenPlace } from '../messages.ts'
import { AES, CKA, CKM, CKR, LOGGED_IN, SECRET_KEY, SESSION_FLAGS, TOKEN_FLAG, USER } from './constants.ts'
import { CallError, type Library, openLibrary } from './library.ts'
import { Memory, type Piece, wordAt } from './memory.ts'
import { checkMechanisms, type FoundSlot, findSlot, nameOf } from './slot.ts'

/** Reads the PIN. The caller clears it. @throws TokenFailure. */
export type ReadPin = () => Uint8Array

/** What is encrypted or decrypted: `data`, bound to `aad`, with a nonce. */
type Bound = { readonly iv: Uint8Array; readonly aad: Uint8Array; readonly data: Uint8Array }

const KEY_BYTES = 32n
/** What a new key can do, and what nobody can do with it. */
const HAS = [CKA.TOKEN, CKA.PRIVATE, CKA.SENSITIVE, CKA.ENCRYPT, CKA.DECRYPT]
const HAS_NOT = [CKA.EXTRACTABLE, CKA.WRAP, CKA.UNWRAP]
const TAG_BYTES = 16
const YES = 1
/** After these the session has ended, or the handles of its objects mean nothing any more. */
const SESSION_LOST: readonly bigint[] = [
  CKR.SESSION_CLOSED,
  CKR.SESSION_HANDLE_INVALID,
  CKR.USER_NOT_LOGGED_IN,
  CKR.KEY_HANDLE_INVALID,
  CKR.OBJECT_HANDLE_INVALID,
  CKR.TOKEN_NOT_PRESENT,
  CKR.DEVICE_REMOVED,
  CKR.DEVICE_ERROR,
  CKR.OPERATION_ACTIVE,
  CKR.CRYPTOKI_NOT_INITIALIZED,
]
/** Modules name a tag that does not verify in different ways; SoftHSM names it CKR_GENERAL_ERROR. */
const NOT_AUTHENTIC: readonly bigint[] = [
  CKR.DATA_INVALID,
  CKR.DATA_LEN_RANGE,
  CKR.ENCRYPTED_DATA_INVALID,
  CKR.ENCRYPTED_DATA_LEN_RANGE,
  CKR.AEAD_DECRYPT_FAILED,
  CKR.GENERAL_ERROR,
]

type Session = { readonly handle: bigint; readonly slot: bigint; readonly keys: Map<string, bigint> }

/**
 * A token by way of its library, in this process. Calls block. A session is opened and logged in when it is needed,
 * and once more when the token has lost it.
 */
export class Token {
  readonly #library: Library
  readonly #memory = new Memory()
  readonly #place: TokenPlace
  readonly #readPin: ReadPin
  #session: Session | undefined

  /** @throws TokenFailure. */
  constructor(place: TokenPlace, readPin: ReadPin) {
    this.#place = place
    this.#readPin = readPin
    this.#library = openLibrary(place.module)
    this.#start()
  }

  /** What the token says of itself, without a login. @throws TokenFailure unless it can hold keys. */
  facts(): TokenFacts {
    const found = this.#find()
    const name = nameOf(this.#place)
    if ((found.flags & TOKEN_FLAG.WRITE_PROTECTED) !== 0n)
      throw new TokenFailure('TokenUnfit', `the token ${name} is write-protected`)
    if ((found.flags & TOKEN_FLAG.USER_PIN_INITIALIZED) === 0n)
      throw new TokenFailure('PinMissing', `the token ${name} has no PIN for users`)
    checkMechanisms(this.#native, found.slot)
    return found
  }

  /** Logs in. @param password what has to be the PIN; compared before the token is asked. @throws TokenFailure. */
  login(password: string | undefined): void {
    this.facts()
    if (password !== undefined) this.#checkPassword(password)
    this.#lasting(() => {})
  }

  /** Makes an AES key of 256 bits that never leaves the token, unless it has one of this label. @throws TokenFailure. */
  generate(label: string, id: Uint8Array): void {
    this.#lasting((session) => {
      const { handle } = session
      if (this.#findKeys(handle, label).length > 0) {
        this.#key(session, label)
        return
      }
      this.#memory.during(() => {
        const template = this.#template([
          [CKA.CLASS, SECRET_KEY],
          [CKA.KEY_TYPE, AES],
          [CKA.VALUE_LEN, KEY_BYTES],
          [CKA.LABEL, Buffer.from(label)],
          [CKA.ID, id],
          ...HAS.map((attribute) => [attribute, true] as const),
          ...HAS_NOT.map((attribute) => [attribute, false] as const),
        ])
        const mechanism = this.#memory.words(CKM.AES_KEY_GEN, 0n, 0n)
        const made = this.#memory.words(0n)
        const args = [handle, mechanism.pointer, template.pointer, template.count, made.pointer]
        this.#library.call('C_GenerateKey', args)
      })
    })
  }

  /** The nonce that was used, which a token may choose itself, and ciphertext and tag. @throws TokenFailure. */
  encrypt(label: string, bound: Bound): { readonly iv: Uint8Array; readonly sealed: Uint8Array } {
    return this.#lasting((session) =>
      this.#memory.during(() => {
        const { mechanism, iv } = this.#gcm(bound)
        const key = this.#key(session, label)
        this.#library.call('C_EncryptInit', [session.handle, mechanism.pointer, key])
        const sealed = this.#pass('C_Encrypt', session.handle, bound.data, bound.data.length + TAG_BYTES)
        return { iv: Uint8Array.from(iv.bytes), sealed }
      }),
    )
  }

  /** The plaintext of ciphertext and tag. @throws TokenFailure. */
  decrypt(label: string, bound: Bound): Uint8Array {
    return this.#lasting((session) =>
      this.#memory.during(() => {
        const { mechanism } = this.#gcm(bound)
        const key = this.#key(session, label)
        this.#library.call('C_DecryptInit', [session.handle, mechanism.pointer, key])
        try {
          return this.#pass('C_Decrypt', session.handle, bound.data, bound.data.length)
        } catch (cause) {
          if (!(cause instanceof CallError) || !NOT_AUTHENTIC.includes(cause.value)) throw cause
          // A general error could be one of the token: then its session has suffered too.
          if (!this.#isLoggedIn(session)) throw cause
          throw new TokenFailure('CiphertextInvalid', cause.message, { cause })
        }
      }),
    )
  }

  /** Destroys a key; nothing when there is none. @throws TokenFailure. */
  destroy(label: string): void {
    this.#lasting(({ handle, keys }) => {
      for (const key of this.#findKeys(handle, label)) this.#library.call('C_DestroyObject', [handle, key])
      keys.delete(label)
    })
  }

  /** Whether the token has a key, and only one, that cannot leave it. @throws TokenFailure. */
  has(label: string): boolean {
    return this.#lasting((session) => {
      session.keys.delete(label)
      try {
        this.#key(session, label)
        return true
      } catch (error) {
        if (error instanceof TokenFailure && error.reason === 'KeyMissing') return false
        throw error
      }
    })
  }

  /** Bytes of the token's random number generator. @throws TokenFailure. */
  random(sizeBytes: number): Uint8Array {
    return this.#lasting(({ handle }) =>
      this.#memory.during(() => {
        const piece = this.#memory.take(sizeBytes)
        this.#library.call('C_GenerateRandom', [handle, piece.pointer, BigInt(sizeBytes)])
        return Uint8Array.from(piece.bytes)
      }),
    )
  }

  get #native(): { readonly library: Library; readonly memory: Memory } {
    return { library: this.#library, memory: this.#memory }
  }

  #start(): void {
    this.#library.call('C_Initialize', [null], [CKR.CRYPTOKI_ALREADY_INITIALIZED])
  }

  /** The slot of the token. A library that was started before the token came may have to be started again to see it. */
  #find(): FoundSlot {
    try {
      return findSlot(this.#native, this.#place)
    } catch (error) {
      if (!(error instanceof TokenFailure) || error.reason === 'TokenUnfit') throw error
      this.#session = undefined
      this.#library.call('C_Finalize', [null], [CKR.CRYPTOKI_NOT_INITIALIZED])
      this.#start()
      return findSlot(this.#native, this.#place)
    }
  }

  /** Runs `use` in a session, and once more in a new one when the session or its objects are gone. */
  #lasting<T>(use: (session: Session) => T): T {
    try {
      return use(this.#open())
    } catch (error) {
      if (!(error instanceof CallError) || !SESSION_LOST.includes(error.value)) throw error
      this.#close()
      return use(this.#open())
    }
  }

  #open(): Session {
    if (this.#session !== undefined) return this.#session
    const { slot, flags } = this.#find()
    const handle = this.#memory.during(() => {
      const piece = this.#memory.words(0n)
      this.#library.call('C_OpenSession', [slot, SESSION_FLAGS, null, null, piece.pointer])
      return wordAt(piece, 0)
    })
    const session = { handle, slot, keys: new Map<string, bigint>() }
    this.#session = session
    try {
      this.#login(handle, flags)
    } catch (error) {
      this.#close()
      throw error
    }
    return session
  }

  /** Never spends the last attempt that a token allows. */
  #login(handle: bigint, flags: bigint): void {
    const name = nameOf(this.#place)
    if ((flags & TOKEN_FLAG.USER_PIN_LOCKED) !== 0n)
      throw new TokenFailure('PinLocked', `the PIN of the token ${name} is locked`)
    if ((flags & TOKEN_FLAG.USER_PIN_FINAL_TRY) !== 0n)
      throw new TokenFailure(
        'PinLocked',
        `the token ${name} takes one more PIN: log in with another program first`,
      )
    const pin = this.#readPin()
    try {
      this.#memory.during(() => {
        const { pointer } = this.#memory.copy(pin)
        const args = [handle, USER, pointer, BigInt(pin.length)]
        this.#library.call('C_Login', args, [CKR.USER_ALREADY_LOGGED_IN])
      })
    } finally {
      pin.fill(0)
    }
  }

  #checkPassword(password: string): void {
    const pin = this.#readPin()
    const given = Buffer.from(password)
    try {
      if (Buffer.compare(pin, given) === 0) return
      throw new TokenFailure('PasswordWrong', 'the password of the key store is not the PIN of its token')
    } finally {
      pin.fill(0)
      given.fill(0)
    }
  }

  #close(): void {
    const session = this.#session
    this.#session = undefined
    if (session === undefined) return
    try {
      this.#library.call('C_CloseAllSessions', [session.slot])
    } catch (error) {
      // The token is gone, and the session with it.
      if (!(error instanceof CallError)) throw error
    }
  }

  /** The handle of the one key of a label. @throws TokenFailure. */
  #key(session: Session, label: string): bigint {
    const known = session.keys.get(label)
    if (known !== undefined) return known
    const [key, another] = this.#findKeys(session.handle, label)
    if (key === undefined) throw this.#missing(session, label)
    if (another !== undefined) throw new TokenFailure('KeyUnfit', `the token has several keys ${label}`)
    if (!this.#stays(session.handle, key))
      throw new TokenFailure('KeyUnfit', `the key ${label} of the token can leave it, or was made elsewhere`)
    session.keys.set(label, key)
    return key
  }

  /** Objects are also invisible to a session that the token has logged out. */
  #missing(session: Session, label: string): Error {
    if (this.#isLoggedIn(session)) return new TokenFailure('KeyMissing', `the token has no key ${label}`)
    return new CallError('C_FindObjects', CKR.USER_NOT_LOGGED_IN)
  }

  #isLoggedIn({ handle }: Session): boolean {
    return this.#memory.during(() => {
      const info = this.#memory.words(0n, 0n, 0n, 0n)
      this.#library.call('C_GetSessionInfo', [handle, info.pointer])
      return wordAt(info, 1) === LOGGED_IN
    })
  }

  #findKeys(handle: bigint, label: string): readonly bigint[] {
    return this.#memory.during(() => {
      const template = this.#template([
        [CKA.CLASS, SECRET_KEY],
        [CKA.LABEL, Buffer.from(label)],
      ])
      this.#library.call('C_FindObjectsInit', [handle, template.pointer, template.count])
      try {
        const found = this.#memory.take(16)
        const count = this.#memory.words(0n)
        this.#library.call('C_FindObjects', [handle, found.pointer, 2n, count.pointer])
        const length = Math.min(Number(wordAt(count, 0)), 2)
        return Array.from({ length }, (_, index) => wordAt(found, index))
      } finally {
        this.#library.call('C_FindObjectsFinal', [handle])
      }
    })
  }

  /** Whether a key was made in the token, and never could leave it. */
  #stays(handle: bigint, key: bigint): boolean {
    const flags = [CKA.LOCAL, CKA.NEVER_EXTRACTABLE, CKA.SENSITIVE]
    return this.#memory.during(() => {
      const values = flags.map(() => this.#memory.take(1))
      const words = flags.flatMap((flag, index) => [flag, values[index]?.pointer ?? 0n, 1n])
      const { pointer } = this.#memory.words(...words)
      this.#library.call('C_GetAttributeValue', [handle, key, pointer, BigInt(flags.length)])
      return values.every(({ bytes }) => bytes[0] === YES)
    })
  }

  #template(attributes: readonly (readonly [bigint, bigint | boolean | Uint8Array])[]): {
    readonly pointer: bigint
    readonly count: bigint
  } {
    const words = attributes.flatMap(([type, value]) => {
      const piece = this.#valueOf(value)
      return [type, piece.pointer, BigInt(piece.bytes.length)]
    })
    return { pointer: this.#memory.words(...words).pointer, count: BigInt(attributes.length) }
  }

  #valueOf(value: bigint | boolean | Uint8Array): Piece {
    if (typeof value === 'bigint') return this.#memory.words(value)
    return this.#memory.copy(typeof value === 'boolean' ? Uint8Array.of(value ? YES : 0) : value)
  }

  #gcm({ iv: nonce, aad }: Bound): { readonly mechanism: Piece; readonly iv: Piece } {
    const iv = this.#memory.copy(nonce)
    const bound = this.#memory.copy(aad)
    const parameters = this.#memory.words(
      ...[iv.pointer, BigInt(nonce.length), BigInt(nonce.length * 8)],
      ...[bound.pointer, BigInt(aad.length), BigInt(TAG_BYTES * 8)],
    )
    const size = BigInt(parameters.bytes.length)
    return { mechanism: this.#memory.words(CKM.AES_GCM, parameters.pointer, size), iv }
  }

  /** Passes data through a function that encrypts or decrypts. */
  #pass(name: 'C_Encrypt' | 'C_Decrypt', handle: bigint, data: Uint8Array, mostBytes: number): Uint8Array {
    const input = this.#memory.copy(data)
    const output = this.#memory.take(mostBytes)
    const size = this.#memory.words(BigInt(mostBytes))
    const args = [handle, input.pointer, BigInt(data.length), output.pointer, size.pointer]
    this.#library.call(name, args)
    return Uint8Array.from(output.bytes.subarray(0, Number(wordAt(size, 0))))
  }
}
