import { fromBER, Integer, OctetString, Sequence } from 'asn1js'
import { compareBytes, concatBytes } from '../base/bytes.ts'
import { encodePublicKey, type PrivateKey, type PublicKey } from './asymmetric-key.ts'
import { slowBytes, slowBytesIfAny } from './slow.ts'
import { SM2_FIELD_BYTES, SM3_BYTES, sm2Point } from './sm2-facts.ts'

/** The largest plaintext of SM2PKE in bytes. Source: AWS KMS API Reference, "Encrypt". */
export const SM2_PLAINTEXT_MAX_BYTES = 1024

/**
 * Encrypts to the DER of point, hash and text: SEQUENCE { INTEGER x, INTEGER y, OCTET STRING, OCTET STRING }.
 *
 * Source: GM/T 0003.4; GM/T 0009, section 7.2.
 *
 * @param plaintext 1 to {@link SM2_PLAINTEXT_MAX_BYTES} bytes.
 */
export async function encryptSm2(key: PublicKey, plaintext: Uint8Array): Promise<Uint8Array> {
  const publicKey = sm2Point(encodePublicKey(key))
  return encodeCiphertext(await slowBytes({ name: 'sm2-encrypt', publicKey, plaintext }))
}

/** Decrypts the output of {@link encryptSm2}; every failure returns nothing. */
export async function decryptSm2(key: PrivateKey, ciphertext: Uint8Array): Promise<Uint8Array | undefined> {
  const raw = parseCiphertext(ciphertext)
  if (raw === undefined) return undefined
  return await slowBytesIfAny({ name: 'sm2-decrypt', key: key.handle, ciphertext: raw })
}

/** @param raw the coordinates, the digest and the text, concatenated. */
function encodeCiphertext(raw: Uint8Array): Uint8Array {
  const [x, y] = [raw.subarray(0, SM2_FIELD_BYTES), raw.subarray(SM2_FIELD_BYTES, 2 * SM2_FIELD_BYTES)]
  const digest = raw.subarray(2 * SM2_FIELD_BYTES, 2 * SM2_FIELD_BYTES + SM3_BYTES)
  const text = raw.subarray(2 * SM2_FIELD_BYTES + SM3_BYTES)
  const value = [
    Integer.fromBigInt(toBigInt(x)),
    Integer.fromBigInt(toBigInt(y)),
    octets(digest),
    octets(text),
  ]
  return new Uint8Array(new Sequence({ value }).toBER())
}

function parseCiphertext(ciphertext: Uint8Array): Uint8Array | undefined {
  const { offset, result } = fromBER(ciphertext)
  if (offset !== ciphertext.length || !(result instanceof Sequence)) return undefined
  const [x, y, digest, text, ...more] = result.valueBlock.value
  if (!(x instanceof Integer && y instanceof Integer) || more.length > 0) return undefined
  if (!(digest instanceof OctetString && text instanceof OctetString)) return undefined
  const [xBytes, yBytes] = [fieldBytes(x), fieldBytes(y)]
  const [digestBytes, textBytes] = [new Uint8Array(digest.getValue()), new Uint8Array(text.getValue())]
  if (xBytes === undefined || yBytes === undefined) return undefined
  if (digestBytes.length !== SM3_BYTES || textBytes.length === 0) return undefined
  const raw = concatBytes(xBytes, yBytes, digestBytes, textBytes)
  // The library ignores wrong sizes and accepts other encodings of the same values.
  return compareBytes(encodeCiphertext(raw), ciphertext) === 0 ? raw : undefined
}

function fieldBytes(integer: Integer): Uint8Array | undefined {
  // At most one byte more than the field, for the sign.
  if (integer.valueBlock.valueHexView.length > SM2_FIELD_BYTES + 1) return undefined
  const value = integer.toBigInt()
  const hex = value.toString(16).padStart(2 * SM2_FIELD_BYTES, '0')
  return value < 0n || hex.length > 2 * SM2_FIELD_BYTES ? undefined : Buffer.from(hex, 'hex')
}

function octets(bytes: Uint8Array): OctetString {
  return new OctetString({ valueHex: Uint8Array.from(bytes) })
}

function toBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}
