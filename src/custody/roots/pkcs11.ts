import { concatBytes, parseBase64, toBase64, utf8 } from '../../base/bytes.ts'
import type { Random } from '../../base/ports.ts'
import { Secret } from '../../base/secret.ts'
import { UsageError } from '../../base/usage-error.ts'
import { GCM_TAG_BYTES } from '../../crypto/aead.ts'
import { sha256 } from '../../crypto/hash.ts'
import type { PathContext, PathMethod } from './path-method.ts'
import { ROOT_KEY_BYTES, SealError } from './root.ts'

type Sealed = { readonly ciphertext: Uint8Array; readonly iv: Uint8Array; readonly tag: Uint8Array }

/** A token, as this path uses it. Every method throws Error with a message for the operator. */
type SealingToken = Disposable & {
  readonly generate: (label: string, id: Uint8Array) => Promise<void>
  readonly encrypt: (
    label: string,
    input: { readonly iv: Uint8Array; readonly aad: Uint8Array; readonly plaintext: Uint8Array },
  ) => Promise<Sealed>
  readonly decrypt: (label: string, input: Sealed & { readonly aad: Uint8Array }) => Promise<Uint8Array>
}

/** Opens a token by the name that the operator has given it. @throws Error with a message for the operator. */
export type OpenToken = (name: string) => Promise<SealingToken>

const IV_BYTES = 12

/**
 * The path `pkcs11`: a key that never leaves a PKCS #11 token encrypts a random key with AES-GCM.
 *
 * @param open knows which library reaches the token: the data folder must not choose which code runs.
 */
export function pkcs11Method(open: OpenToken, random: Random): PathMethod {
  return {
    isUnattended: true,
    create: async (context, given) => {
      const { token: name = '' } = given
      if (name === '')
        throw new UsageError('--token: expected the name of a token in HOLDFAST_PKCS11; got nothing')
      using token = await openWithin(open, name, context.signal)
      await token.generate(labelOf(context), utf8(context.id))
      const key = new Secret(random.bytes(ROOT_KEY_BYTES))
      // A copy, since the secret is not kept by others.
      const plaintext = key.reveal((bytes) => Uint8Array.from(bytes))
      const input = { plaintext, iv: random.bytes(IV_BYTES), aad: boundOf(context) }
      const { iv, ciphertext, tag } = await token.encrypt(labelOf(context), input)
      plaintext.fill(0)
      return { parameters: { token: name, blob: toBase64(concatBytes(iv, ciphertext, tag)) }, key }
    },
    open: async (context, parameters) => {
      const blob = parseBase64(parameters['blob'] ?? '')
      if (blob?.length !== IV_BYTES + ROOT_KEY_BYTES + GCM_TAG_BYTES)
        throw new SealError('its wrapped key is damaged')
      using token = await openWithin(open, parameters['token'] ?? '', context.signal)
      const end = IV_BYTES + ROOT_KEY_BYTES
      const sealed = { iv: blob.subarray(0, IV_BYTES), ciphertext: blob.subarray(IV_BYTES, end) }
      const key = await token.decrypt(labelOf(context), {
        ...sealed,
        tag: blob.subarray(end),
        aad: boundOf(context),
      })
      const copy = new Secret(Uint8Array.from(key))
      key.fill(0)
      return copy
    },
  }
}

/** A token that the time limit closes, so that a library that hangs ends too. */
async function openWithin(open: OpenToken, name: string, signal: AbortSignal): Promise<SealingToken> {
  const token = await open(name)
  signal.addEventListener('abort', () => token[Symbol.dispose]())
  return token
}

/** The key of each path is its own: to destroy it destroys this path alone. */
function labelOf({ id }: PathContext): string {
  return `holdfast-seal-${id}`
}

function boundOf({ deployment, id }: PathContext): Uint8Array {
  return sha256(utf8(`holdfast/seal/1/pkcs11/${deployment}/${id}`))
}
