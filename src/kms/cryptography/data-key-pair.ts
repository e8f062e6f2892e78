import { KmsError } from '../../api/errors.ts'
import { DATA_KEY_PAIR_SPECS, type DataKeyPairSpec } from '../../api/key-specs.ts'
import { always, blob, oneOf, type TextMap, text } from '../../api/shapes.ts'
import type { OutcomeOf } from '../../dispatch/define-operation.ts'
import type { Call } from '../../dispatch/operation.ts'
import type { ContextLookup } from '../../policy/context.ts'
import { DRY_RUN, GRANT_TOKENS, KEY_ID } from '../key-operation.ts'
import { USABLE } from '../keys/key-state.ts'
import type { Key } from '../keys/keys.ts'
import { shownMaterialId } from '../keys/metadata.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
import { encryptUnder, usedKeyMaterial } from './encryption.ts'
import { cryptographicContext, ENCRYPTION_CONTEXT, SYMMETRIC } from './symmetric.ts'

/** The members that the operations for data key pairs share. */
export const DATA_KEY_PAIR_INPUT = {
  EncryptionContext: ENCRYPTION_CONTEXT,
  KeyId: KEY_ID,
  KeyPairSpec: oneOf(...DATA_KEY_PAIR_SPECS),
  GrantTokens: GRANT_TOKENS,
  DryRun: DRY_RUN,
}

type PairInput = {
  readonly KeyId: string
  readonly KeyPairSpec: DataKeyPairSpec
  readonly EncryptionContext?: TextMap | undefined
}

/** The facts of both operations. */
export const PAIR_FACTS = {
  readOnly: true,
  aliases: true,
  crossAccount: true,
  states: [...USABLE, 'Unavailable'] as const,
  usage: 'ENCRYPT_DECRYPT' as const,
  algorithm: (): string => SYMMETRIC,
  checkKey: (_: PairInput, key: Key): void => checkNotInStore(key),
}

/** Condition keys of both operations. */
export function pairContext(input: PairInput): ContextLookup {
  const more = cryptographicContext(input.KeyId, input.EncryptionContext)
  return (name) => (name === 'kms:datakeypairspec' ? input.KeyPairSpec : more(name))
}

/** @throws UnsupportedOperationException for a key in a custom key store. */
function checkNotInStore(key: Key): void {
  const { keyStore, origin } = key.record.value
  if (keyStore === undefined) return
  throw new KmsError(
    'UnsupportedOperationException',
    `${key.arn} origin is ${origin} which is not valid for this operation.`,
  )
}

/** Members of a data key pair in answers, beside its private key. */
const SEALED_DATA_KEY_PAIR = {
  PrivateKeyCiphertextBlob: always(blob()),
  PublicKey: always(blob()),
  KeyId: always(text()),
  KeyPairSpec: always(oneOf(...DATA_KEY_PAIR_SPECS)),
  KeyMaterialId: text(),
}

/** A new data key pair. */
export type DataKeyPair = {
  /** Without the plaintext private key. */
  readonly outcome: OutcomeOf<typeof SEALED_DATA_KEY_PAIR>
  /** PKCS #8. The caller clears it. */
  readonly privateKey: Uint8Array
}

/** A new key pair and its private key's ciphertext under a KMS key. @throws UnsupportedOperationException. */
export async function makeDataKeyPair(
  call: Call,
  dependencies: KmsDependencies,
  key: Key,
  input: PairInput,
): Promise<DataKeyPair> {
  const { KeyPairSpec } = input
  if (KeyPairSpec === 'SM2' && !dependencies.sm2Regions.has(call.region)) {
    throw new KmsError('UnsupportedOperationException', 'KeyPairSpec SM2 is not supported in this Region')
  }
  const { publicKey, privateKey } = await dependencies.custody.generateDataKeyPair(KeyPairSpec)
  const manner = { algorithm: SYMMETRIC, context: input.EncryptionContext }
  const ciphertext = await encryptUnder(
    { dependencies, call, operation: 'GenerateDataKeyPair' },
    key,
    privateKey,
    manner,
  )
  return {
    privateKey,
    outcome: {
      output: {
        PrivateKeyCiphertextBlob: ciphertext,
        PublicKey: publicKey,
        KeyId: key.arn,
        KeyPairSpec,
        KeyMaterialId: shownMaterialId(key.record.value),
      },
      event: { additional: usedKeyMaterial(key) },
    },
  }
}
