import { KmsError } from '../../api/errors.ts'
import { blob, type Members, oneOf, optional, structure } from '../../api/shapes.ts'
import { sealForRecipient } from '../../attestation/envelope.ts'
import { type Attestation, verifyAttestation } from '../../attestation/verify.ts'
import { present } from '../../base/assert.ts'
import { parseHex, toBase64 } from '../../base/bytes.ts'
import { declaredMembers, type OutcomeOf } from '../../dispatch/define-operation.ts'
import type { Call, EventData } from '../../dispatch/operation.ts'
import type { ContextLookup } from '../../policy/context.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'

/** A request for an answer that only an attested enclave or instance can read. Source: the service model. */
export const RECIPIENT = optional(
  structure({
    AttestationDocument: optional(blob({ min: 1, max: 262_144 })),
    KeyEncryptionAlgorithm: optional(oneOf('RSAES_OAEP_SHA_256')),
  }),
)

/** The recipient of a sealed answer; nothing in a call without `Recipient`. */
export type Recipient = Attestation | undefined

/**
 * The recipient of a call's answer, from its verified document.
 *
 * @throws ValidationException for a document that is missing or refused; UnsupportedOperationException
 * when the server trusts no attestation. Ignoring the member would send the plaintext to any caller.
 */
export async function findRecipient(call: Call, dependencies: KmsDependencies): Promise<Recipient> {
  const { Recipient: given } = declaredMembers(call, { Recipient: RECIPIENT })
  if (given === undefined) return undefined
  if (dependencies.attestationRoots.length === 0) {
    const message = 'Recipient is not supported: no attestation root is configured.'
    throw new KmsError('UnsupportedOperationException', message)
  }
  if (given.AttestationDocument === undefined || given.KeyEncryptionAlgorithm === undefined) {
    const message = 'Recipient must have an AttestationDocument and a KeyEncryptionAlgorithm.'
    throw new KmsError('ValidationException', message)
  }
  const verdict = await verifyAttestation(given.AttestationDocument, dependencies.attestationRoots, call.now)
  if (verdict.valid) return verdict.attestation
  throw new KmsError('ValidationException', `The attestation document is refused: ${verdict.why}.`)
}

const PREFIX = 'kms:recipientattestation:'
/** The prefix of registers in condition keys, by the kind of attested recipient. */
const REGISTER_PREFIX = { enclave: `${PREFIX}pcr`, nitrotpm: `${PREFIX}nitrotpmpcr` } as const
const IMAGE = `${PREFIX}imagesha384`
const INDEX = /^(?:0|[1-9][0-9]?)$/

/**
 * Condition keys of a recipient: lower-case hexadecimal, absent without one; other keys come from the call.
 */
export function recipientContext(recipient: Recipient, more: ContextLookup): ContextLookup {
  if (recipient === undefined) return more
  const { by, registers } = recipient
  return (name) => {
    if (!name.startsWith(PREFIX)) return more(name)
    if (name === IMAGE) return by === 'enclave' ? registers.get(0) : undefined
    if (!name.startsWith(REGISTER_PREFIX[by])) return undefined
    const index = name.slice(REGISTER_PREFIX[by].length)
    return INDEX.test(index) ? registers.get(Number(index)) : undefined
  }
}

/**
 * The answer's member for a secret: in plaintext, or as `CiphertextForRecipient` when there is a recipient.
 * The maker of the secret still clears it.
 */
export function secretMember<N extends 'Plaintext' | 'PrivateKeyPlaintext' | 'SharedSecret'>(
  dependencies: KmsDependencies,
  recipient: Recipient,
  name: N,
  secret: Uint8Array,
): { readonly [K in N | 'CiphertextForRecipient']?: Uint8Array } {
  const shown: { [K in N | 'CiphertextForRecipient']?: Uint8Array } = {}
  if (recipient === undefined) shown[name] = secret
  else shown.CiphertextForRecipient = sealForRecipient(recipient.key, secret, dependencies.random)
  return shown
}

/** An outcome whose audit event names the recipient. */
export function withRecipient<T extends OutcomeOf<Members>>(outcome: T, recipient: Recipient): T {
  if (recipient === undefined) return outcome
  const additional = { ...outcome.event?.additional, recipient: shownRecipient(recipient) }
  return { ...outcome, event: { ...outcome.event, additional } }
}

/** Registers that audit events show. Source: AWS KMS Developer Guide, "Monitoring attested requests". */
const SHOWN_REGISTERS = {
  enclave: [
    [0, 'attestationDocumentEnclaveImageDigest'],
    ...[1, 2, 3, 4, 8].map((index) => [index, `attestationDocumentEnclavePCR${index}`] as const),
  ],
  nitrotpm: [4, 7, 8, 9, 16, 23].map((index) => [index, `attestationDocumentNitroTPMPCR${index}`] as const),
} as const

function shownRecipient({ by, moduleId, registers }: Attestation): EventData {
  const shown: Record<string, string> = { attestationDocumentModuleId: moduleId }
  for (const [index, name] of SHOWN_REGISTERS[by]) {
    const value = registers.get(index)
    // AWS's recorded events have base64 here, although policies compare hexadecimal.
    if (value !== undefined) shown[name] = toBase64(present(parseHex(value), 'the value of a register'))
  }
  return shown
}
