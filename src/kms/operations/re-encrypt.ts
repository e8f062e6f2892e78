import { KmsError } from '../../api/errors.ts'
import { blob, type Input, type Members, optional, text } from '../../api/shapes.ts'
import { defineOperation, type Invocation } from '../../dispatch/define-operation.ts'
import type { Call, EventData, Permission } from '../../dispatch/operation.ts'
import type { ContextLookup } from '../../policy/context.ts'
import {
  checkContext,
  checkPlaintext,
  decryptUnder,
  encryptUnder,
  type Manner,
} from '../cryptography/encryption.ts'
import { checkSource, findSource, sourceCiphertext, sourcePermission } from '../cryptography/source.ts'
import {
  CIPHERTEXT,
  cryptographicContext,
  DRY_RUN_MODIFIERS,
  ENCRYPTION_ALGORITHM,
  ENCRYPTION_CONTEXT,
  SYMMETRIC,
} from '../cryptography/symmetric.ts'
import {
  checkGrantTokens,
  DRY_RUN,
  GRANT_TOKENS,
  KEY_ID,
  keyPermission,
  resolveKey,
} from '../key-operation.ts'
import { isInStore, type KeyUse, storeData } from '../key-stores/store-encryption.ts'
import { checkAlgorithm, checkUsage } from '../keys/key-rules.ts'
import { checkState, USABLE } from '../keys/key-state.ts'
import type { Key } from '../keys/keys.ts'
import { shownMaterialId } from '../keys/metadata.ts'
import type { KmsDependencies, KmsOperation } from '../kms-dependencies.ts'

const INPUT = {
  CiphertextBlob: optional(CIPHERTEXT),
  SourceKeyId: optional(KEY_ID),
  SourceEncryptionContext: ENCRYPTION_CONTEXT,
  SourceEncryptionAlgorithm: optional(ENCRYPTION_ALGORITHM),
  DestinationKeyId: KEY_ID,
  DestinationEncryptionContext: ENCRYPTION_CONTEXT,
  DestinationEncryptionAlgorithm: optional(ENCRYPTION_ALGORITHM),
  GrantTokens: GRANT_TOKENS,
  DryRun: DRY_RUN,
  DryRunModifiers: DRY_RUN_MODIFIERS,
} satisfies Members
const OUTPUT = {
  CiphertextBlob: blob(),
  SourceKeyId: text(),
  KeyId: text(),
  SourceEncryptionAlgorithm: text(),
  DestinationEncryptionAlgorithm: text(),
  SourceKeyMaterialId: text(),
  DestinationKeyMaterialId: text(),
}
const FACTS = { name: 'ReEncrypt', aliases: true, crossAccount: true, states: USABLE }
const DESTINATION = { ...FACTS, name: 'ReEncryptTo' }

type ReEncryptInput = Input<typeof INPUT>

const DEFAULTS = { SourceEncryptionAlgorithm: SYMMETRIC, DestinationEncryptionAlgorithm: SYMMETRIC }

/**
 * Decrypts a ciphertext and encrypts it again under another key or context, without returning the plaintext.
 * Source: AWS KMS API Reference, "ReEncrypt".
 */
export const reEncrypt: KmsOperation = defineOperation(
  {
    service: 'kms',
    name: 'ReEncrypt',
    readOnly: true,
    input: INPUT,
    output: OUTPUT,
    onKey: FACTS,
    parameters: (input) => ({ ...DEFAULTS, ...input }),
  },
  ({ call, input, dependencies }: Invocation<typeof INPUT, KmsDependencies>) =>
    begin(call, input, dependencies),
)

async function begin(call: Call, input: ReEncryptInput, dependencies: KmsDependencies) {
  checkGrantTokens(call, dependencies)
  const keyText = input.SourceKeyId
  const ciphertext = sourceCiphertext(input, 'SourceKeyId', keyText)
  const source = await findSource({ call, dependencies, name: 'ReEncryptFrom', keyText, ciphertext })
  const destination = await findDestination(call, input, dependencies)
  const from = sourceManner(input)
  const to = destinationManner(input)
  if (destination instanceof KmsError) {
    // A reason would reveal whether the source key exists: only callers with permission for it get one.
    const refuse = (): never => {
      call.redact()
      throw destination
    }
    const permission = permissionFrom({ call, dependencies }, input, { source: source.key, isSameKey: false })
    return { permissions: [permission], check: refuse, run: refuse }
  }
  return {
    permissions: permissions({ call, dependencies }, input, source.key, destination),
    check: () => {
      checkState(source.key, FACTS.states)
      checkState(destination, FACTS.states)
      checkSource(source, from, 'ReEncrypt')
      checkUsage(destination.arn, destination.record.value, 'ENCRYPT_DECRYPT', 'ReEncrypt')
      checkAlgorithm(destination.record.value, to.algorithm)
      checkContext(destination, to)
    },
    run: () =>
      ciphertext === undefined
        ? {}
        : run(
            { dependencies, call, operation: 'ReEncrypt' },
            ciphertext,
            { key: source.key, ...from },
            { key: destination, ...to },
          ),
  }
}

/** The destination key, or why it cannot be used. */
async function findDestination(
  call: Call,
  input: ReEncryptInput,
  dependencies: KmsDependencies,
): Promise<Key | KmsError> {
  try {
    return await resolveKey({ call, dependencies, facts: DESTINATION, text: input.DestinationKeyId })
  } catch (error) {
    if (error instanceof KmsError) return error
    throw error
  }
}

function sourceManner(input: ReEncryptInput): Manner {
  return {
    algorithm: input.SourceEncryptionAlgorithm ?? SYMMETRIC,
    context: input.SourceEncryptionContext,
  }
}

function destinationManner(input: ReEncryptInput): Manner {
  return {
    algorithm: input.DestinationEncryptionAlgorithm ?? SYMMETRIC,
    context: input.DestinationEncryptionContext,
  }
}

type CallScope = { readonly call: Call; readonly dependencies: KmsDependencies }

function permissions(
  asked: CallScope,
  input: ReEncryptInput,
  source: Key,
  destination: Key,
): readonly Permission[] {
  const isSameKey = source.arn === destination.arn
  const to = cryptographicContext(
    input.DestinationKeyId,
    input.DestinationEncryptionContext,
    input.DestinationEncryptionAlgorithm,
  )
  return [
    permissionFrom(asked, input, { source, isSameKey }),
    keyPermission({ ...asked, key: destination }, 'ReEncryptTo', withSameKey(isSameKey, to)),
  ]
}

function permissionFrom(
  asked: CallScope,
  { SourceKeyId, SourceEncryptionContext, SourceEncryptionAlgorithm }: ReEncryptInput,
  { source, isSameKey }: { readonly source: Key; readonly isSameKey: boolean },
): Permission {
  const from = cryptographicContext(SourceKeyId, SourceEncryptionContext, SourceEncryptionAlgorithm)
  const permission = keyPermission({ ...asked, key: source }, 'ReEncryptFrom', withSameKey(isSameKey, from))
  return sourcePermission(asked.call, SourceKeyId, permission)
}

function withSameKey(isSameKey: boolean, more: ContextLookup): ContextLookup {
  return (name) => (name === 'kms:reencryptonsamekey' ? String(isSameKey) : more(name))
}

type Side = Manner & { readonly key: Key }

async function run(use: KeyUse, ciphertext: Uint8Array, from: Side, to: Side) {
  const opened = await decryptUnder(use, from.key, ciphertext, from)
  try {
    checkPlaintext(to.key, to, opened.plaintext)
    const CiphertextBlob = await encryptUnder(use, to.key, opened.plaintext, to)
    const newMaterialId = shownMaterialId(to.key.record.value)
    return {
      output: {
        CiphertextBlob,
        KeyId: to.key.arn,
        SourceKeyId: from.key.arn,
        SourceEncryptionAlgorithm: from.algorithm,
        DestinationEncryptionAlgorithm: to.algorithm,
        SourceKeyMaterialId: opened.materialId,
        DestinationKeyMaterialId: newMaterialId,
      },
      event: {
        additional: {
          sourceKeyMaterialId: opened.materialId,
          destinationKeyMaterialId: newMaterialId,
          ...sideData('source', from.key),
          ...sideData('destination', to.key),
        },
      },
    }
  } finally {
    opened.plaintext.fill(0)
  }
}

/** The custom key store data of a key for the event, with separate names for source and destination. */
function sideData(side: 'source' | 'destination', key: Key): EventData {
  if (!isInStore(key)) return {}
  const entries = Object.entries(storeData(key))
  return Object.fromEntries(
    entries.map(([name, value]) => [`${side}${name.charAt(0).toUpperCase()}${name.slice(1)}`, value]),
  )
}
