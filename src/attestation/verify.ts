import type { EpochMs } from '../base/ports.ts'
import { verifyEs384 } from '../crypto/es384.ts'
import { type OaepKey, parseOaepKey } from '../crypto/oaep.ts'
import { verifyChain } from './chain.ts'
import { parseCoseSign1 } from './cose.ts'
import { type AttestedBy, parseDocument } from './document.ts'
import { Refused, refuseUnless } from './refused.ts'

/** The content of a verified document. */
export type Attestation = {
  readonly by: AttestedBy
  readonly moduleId: string
  /** Platform configuration registers by index, as lower-case hexadecimal. */
  readonly registers: ReadonlyMap<number, string>
  /** The key of the attested party, to which answers are encrypted. */
  readonly key: OaepKey
}

/** The result of a verification: the document's content, or why it is refused. */
export type Verdict =
  | { readonly valid: true; readonly attestation: Attestation }
  /** A clause that begins with "it" or "its". */
  | { readonly valid: false; readonly why: string }

/** Source: the service model of AWS KMS. */
const DOCUMENT_MAX_BYTES = 262_144
/** The maximum age of a document. Source: the behaviour of AWS KMS; unconfirmed. */
export const DOCUMENT_MAX_AGE_MS = 300_000
/** The maximum by which a document's clock may be ahead. */
export const DOCUMENT_MAX_AHEAD_MS = 300_000

/**
 * Verifies an attestation document: form, age, certificates, signature, and the key to which answers are
 * encrypted.
 *
 * @param roots trusted root certificates in DER.
 */
export async function verifyAttestation(
  bytes: Uint8Array,
  roots: readonly Uint8Array[],
  now: EpochMs,
): Promise<Verdict> {
  try {
    return { valid: true, attestation: await parseAttestation(bytes, roots, now) }
  } catch (error) {
    if (error instanceof Refused) return { valid: false, why: error.message }
    throw error
  }
}

async function parseAttestation(
  bytes: Uint8Array,
  roots: readonly Uint8Array[],
  now: EpochMs,
): Promise<Attestation> {
  refuseUnless(bytes.length <= DOCUMENT_MAX_BYTES, `it has more than ${DOCUMENT_MAX_BYTES} bytes`)
  const message = parseCoseSign1(bytes)
  const { by, moduleId, registers, madeAt, publicKey, ...chain } = parseDocument(message.payload)
  refuseUnless(
    now - madeAt <= DOCUMENT_MAX_AGE_MS,
    `it is older than ${DOCUMENT_MAX_AGE_MS / 60_000} minutes`,
  )
  refuseUnless(madeAt - now <= DOCUMENT_MAX_AHEAD_MS, 'it is from the future')
  const signer = await verifyChain(chain, roots, now)
  const signed = await verifyEs384(signer, message.signedBytes, message.signature, 'ieee-p1363')
  refuseUnless(signed, 'its signature is not by the key of its certificate')
  refuseUnless(publicKey !== undefined, 'it has no public_key')
  const key = parseOaepKey(publicKey)
  refuseUnless(
    key !== undefined,
    'its public_key is not an RSA key of 2,048 to 4,096 bits with exponent 65537',
  )
  return { by, moduleId, registers, key }
}
