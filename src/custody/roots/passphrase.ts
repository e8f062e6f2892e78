import { parseBase64, toBase64, utf8 } from '../../base/bytes.ts'
import type { Random } from '../../base/ports.ts'
import { Secret } from '../../base/secret.ts'
import { UsageError } from '../../base/usage-error.ts'
import { argon2id } from '../../crypto/argon2.ts'
import { deriveKey } from '../../crypto/kdf.ts'
import type { Parameters } from './envelope.ts'
import type { PathContext, PathMethod } from './path-method.ts'
import { SealError } from './root.ts'
import type { ShareQuestion } from './shares.ts'

/** Asks a person for a passphrase, or for a share. The caller owns the secret: its UTF-8 bytes. */
export type AskPassphrase = (question: {
  /** The name of the path. */
  readonly name: string
  /** Whether the passphrase is a new one, which the person repeats. */
  readonly isNew: boolean
  readonly signal: AbortSignal
  /** What is known of the share that is asked for; nothing for a passphrase. */
  readonly share?: Omit<ShareQuestion, 'name' | 'signal'> | undefined
}) => Promise<Secret>

/** Source: NIST SP 800-63B-4, section 3.1.1.2: a password that is the only factor. */
const PASSPHRASE_MIN_CHARACTERS = 15
/** The largest passphrase in bytes. */
export const PASSPHRASE_MAX_BYTES = 1024

/**
 * The cost of a new hash, in the form of {@link Parameters}: four times the memory of the second recommended option of
 * RFC 9106, section 4, since a hash is computed once at a start.
 */
const COST = { memoryKib: '262144', passes: '3', lanes: '4' }
/** The bounds of the cost that an envelope may name: somebody could have edited it. */
const COST_BOUNDS = { memoryKib: [65_536, 2_097_152], passes: [1, 64], lanes: [1, 64] } as const
/** Source: RFC 9106, section 4. */
const SALT_BYTES = 16

/** The path `passphrase`: a passphrase that a person types, through argon2id. */
export function passphraseMethod(ask: AskPassphrase, random: Random): PathMethod {
  return {
    isUnattended: false,
    create: async (context) => {
      using passphrase = await ask({ name: context.name, isNew: true, signal: context.signal })
      assertLong(passphrase)
      const parameters = { ...COST, salt: toBase64(random.bytes(SALT_BYTES)) }
      return { parameters, key: await keyOf(context, passphrase, parameters) }
    },
    open: async (context, parameters) => {
      using passphrase = await ask({ name: context.name, isNew: false, signal: context.signal })
      return await keyOf(context, passphrase, parameters)
    },
  }
}

/** @throws UsageError. */
function assertLong(passphrase: Secret): void {
  const characters = passphrase.reveal((bytes) =>
    isAscii(bytes) ? bytes.length : [...normalText(bytes)].length,
  )
  if (characters >= PASSPHRASE_MIN_CHARACTERS) return
  throw new UsageError(
    `passphrase: expected at least ${PASSPHRASE_MIN_CHARACTERS} characters, for example six random words; got ${characters}`,
  )
}

async function keyOf({ id }: PathContext, passphrase: Secret, parameters: Parameters): Promise<Secret> {
  const salt = parseBase64(parameters['salt'] ?? '')
  if (salt?.length !== SALT_BYTES) throw new SealError('its salt is damaged')
  const cost = {
    memoryKib: boundOf(parameters, 'memoryKib'),
    passes: boundOf(parameters, 'passes'),
    lanes: boundOf(parameters, 'lanes'),
  }
  // A text stays in memory until it is collected, so ASCII, which is its own normal form, never becomes one.
  const message = passphrase.reveal((bytes) =>
    isAscii(bytes) ? Uint8Array.from(bytes) : utf8(normalText(bytes)),
  )
  try {
    using hash = new Secret(await argon2id(message, salt, cost))
    return deriveKey(hash, `holdfast/seal/1/passphrase/${id}`)
  } finally {
    message.fill(0)
  }
}

function boundOf(parameters: Parameters, name: keyof typeof COST_BOUNDS): number {
  const value = Number(parameters[name])
  const [min, max] = COST_BOUNDS[name]
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new SealError(`its cost is out of bounds: ${name} has to be from ${min} to ${max}`)
}

const ASCII_MAX = 0x7f

function isAscii(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte <= ASCII_MAX)
}

/**
 * The same passphrase from keyboards that compose characters differently. Source: NIST SP 800-63B-4, section 3.1.1.2.
 *
 * @throws SealError for bytes that are no UTF-8.
 */
function normalText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).normalize('NFC')
  } catch {
    // A decoder that is not fatal makes the same character of every such byte, so of many passphrases one.
    throw new SealError('the passphrase is no text in UTF-8: set the character encoding of the terminal')
  }
}
