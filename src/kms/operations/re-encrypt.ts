import { type Input, type Members, optional } from '../../api/shapes.ts'
import type { Call, Operation, Outcome, Work } from '../../dispatch/operation.ts'
import { shownParameters } from '../../dispatch/parameters.ts'
import type { ContextLookup } from '../../policy/context.ts'
import {
  checkGrantTokens,
  DRY_RUN,
  GRANT_TOKENS,
  KEY_ID,
  keyPermission,
  resolveKey,
} from '../key-operation.ts'
import { checkState, ENABLED_ONLY } from '../key-state.ts'
import type { Key } from '../keys.ts'
import type { KmsOperation, KmsParts } from '../parts.ts'
import { findSource, type Source, sourceCiphertext, sourcePermission } from '../source.ts'
import {
  CIPHERTEXT,
  checkAlgorithm,
  cryptographicContext,
  DRY_RUN_MODIFIERS,
  decryptUnder,
  ENCRYPTION_ALGORITHM,
  ENCRYPTION_CONTEXT,
  encryptUnder,
  SYMMETRIC,
} from '../symmetric.ts'

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
const FACTS = { name: 'ReEncrypt', aliases: true, crossAccount: true, states: ENABLED_ONLY }
const DESTINATION = { ...FACTS, name: 'ReEncryptTo' }

type ReEncryptInput = Input<typeof INPUT>

const DEFAULTS = { SourceEncryptionAlgorithm: SYMMETRIC, DestinationEncryptionAlgorithm: SYMMETRIC }

/**
 * Decrypts a ciphertext and encrypts it again under another key or context, without showing it.
 * Source: AWS KMS API Reference, "ReEncrypt".
 */
export const reEncrypt: KmsOperation = (parts): Operation => ({
  service: 'kms',
  name: 'ReEncrypt',
  readOnly: true,
  members: INPUT,
  onKey: FACTS,
  parameters: (input) => shownParameters(INPUT, { ...DEFAULTS, ...input }),
  begin: (call) => begin(call, call.input as ReEncryptInput, parts),
})

async function begin(call: Call, input: ReEncryptInput, parts: KmsParts): Promise<Work> {
  checkGrantTokens(call)
  const keyText = input.SourceKeyId
  const ciphertext = sourceCiphertext(input, 'SourceKeyId', keyText)
  const source = await findSource({ call, parts, name: 'ReEncryptFrom', keyText, ciphertext })
  const destination = await resolveKey({ call, parts, facts: DESTINATION, text: input.DestinationKeyId })
  return {
    permissions: permissions(call, input, source.key, destination),
    check: () => {
      checkState(source.key.arn, source.key.record.value.state, FACTS.states)
      checkState(destination.arn, destination.record.value.state, FACTS.states)
      source.blob()
      checkAlgorithm(source.key, input.SourceEncryptionAlgorithm)
      checkAlgorithm(destination, input.DestinationEncryptionAlgorithm)
    },
    run: () => run(parts, input, source, destination),
  }
}

function permissions(call: Call, input: ReEncryptInput, source: Key, destination: Key): Work['permissions'] {
  const from = sameKey(
    source,
    destination,
    cryptographicContext(input.SourceKeyId, input.SourceEncryptionContext, input.SourceEncryptionAlgorithm),
  )
  const to = sameKey(
    source,
    destination,
    cryptographicContext(
      input.DestinationKeyId,
      input.DestinationEncryptionContext,
      input.DestinationEncryptionAlgorithm,
    ),
  )
  return [
    sourcePermission(call, input.SourceKeyId, keyPermission(call, source, 'ReEncryptFrom', from)),
    keyPermission(call, destination, 'ReEncryptTo', to),
  ]
}

function sameKey(source: Key, destination: Key, more: ContextLookup): ContextLookup {
  const same = String(source.arn === destination.arn)
  return (name) => (name === 'kms:reencryptonsamekey' ? same : more(name))
}

async function run(
  parts: KmsParts,
  input: ReEncryptInput,
  source: Source,
  destination: Key,
): Promise<Outcome> {
  const blob = source.blob()
  if (blob === undefined) return {}
  const opened = await decryptUnder(parts, source.key, blob, input.SourceEncryptionContext)
  try {
    const { plaintext } = opened
    const ciphertext = await encryptUnder(parts, destination, plaintext, input.DestinationEncryptionContext)
    const materials = {
      SourceKeyMaterialId: opened.materialId,
      DestinationKeyMaterialId: destination.record.value.materialId,
    }
    return {
      output: {
        CiphertextBlob: ciphertext,
        KeyId: destination.arn,
        SourceKeyId: source.key.arn,
        SourceEncryptionAlgorithm: SYMMETRIC,
        DestinationEncryptionAlgorithm: SYMMETRIC,
        ...materials,
      },
      event: {
        additional: {
          sourceKeyMaterialId: materials.SourceKeyMaterialId,
          destinationKeyMaterialId: materials.DestinationKeyMaterialId,
        },
      },
    }
  } finally {
    opened.plaintext.fill(0)
  }
}
