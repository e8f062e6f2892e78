import { encode } from 'cborg'
import { parseCbor } from './cbor.ts'
import { refuseUnless } from './refused.ts'

/** A signed message with one signature. Source: RFC 9052, section 4.2. */
export type CoseSign1 = {
  readonly payload: Uint8Array
  /** ES384: 96 bytes. */
  readonly signature: Uint8Array
  /** The signed bytes. */
  readonly signedBytes: Uint8Array
}

/** The byte of tag 18, which may precede the structure. Source: RFC 9052, section 2. */
const COSE_SIGN1_TAG = 0xd2
/** Source: RFC 9052, section 3.1. */
const ALGORITHM_HEADER = 1
/** ECDSA with SHA-384. Source: RFC 9053, section 2.1. */
const ES384 = -35
const SIGNATURE_BYTES = 96
/** Source: Nitro Enclaves, "Attestation process", section 3.1. */
const PAYLOAD_MAX_BYTES = 16_384

/**
 * Parses a COSE_Sign1 structure, tagged or not, whose protected header contains ES384 and nothing else, and whose
 * unprotected header is empty.
 *
 * @throws Refused.
 */
export function parseCoseSign1(bytes: Uint8Array): CoseSign1 {
  const value = parseCbor(bytes[0] === COSE_SIGN1_TAG ? bytes.subarray(1) : bytes)
  refuseUnless(Array.isArray(value) && value.length === 4, 'it is not a COSE_Sign1 structure')
  const [header, unprotected, payload, signature]: unknown[] = value
  refuseUnless(header instanceof Uint8Array, 'its protected header is not a byte string')
  checkHeader(header)
  refuseUnless(unprotected instanceof Map && unprotected.size === 0, 'its unprotected header is not empty')
  refuseUnless(
    payload instanceof Uint8Array && payload.length > 0 && payload.length <= PAYLOAD_MAX_BYTES,
    `its payload is not a byte string of 1 to ${PAYLOAD_MAX_BYTES} bytes`,
  )
  refuseUnless(
    signature instanceof Uint8Array && signature.length === SIGNATURE_BYTES,
    `its signature does not have ${SIGNATURE_BYTES} bytes`,
  )
  return { payload, signature, signedBytes: signedBytes(header, payload) }
}

function checkHeader(header: Uint8Array): void {
  const parsed = parseCbor(header)
  refuseUnless(
    parsed instanceof Map && parsed.size === 1 && parsed.get(ALGORITHM_HEADER) === ES384,
    'its protected header is not that of ES384',
  )
}

/** The Sig_structure. Source: RFC 9052, section 4.4. */
function signedBytes(header: Uint8Array, payload: Uint8Array): Uint8Array {
  return encode(['Signature1', header, new Uint8Array(0), payload])
}
