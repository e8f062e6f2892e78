import {
  Set as Asn1Set,
  type BaseBlock,
  Constructed,
  Integer,
  Null,
  ObjectIdentifier,
  OctetString,
  Primitive,
  Sequence,
} from 'asn1js'
import type { Random } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import { CBC_IV_BYTES, encryptCbc } from '../crypto/cbc.ts'
import { encryptOaepSha256, type OaepKey } from '../crypto/oaep.ts'

/** Source: RFC 5652, section 6.1. */
const ENVELOPED_DATA = '1.2.840.113549.1.7.3'
/** Source: RFC 5652, section 4. */
const DATA = '1.2.840.113549.1.7.1'
/** Source: RFC 4055, section 4.1. */
const RSAES_OAEP = '1.2.840.113549.1.1.7'
const MGF1 = '1.2.840.113549.1.1.8'
/** Source: RFC 5754, section 2.2. */
const SHA_256 = '2.16.840.1.101.3.4.2.1'
/** Source: RFC 3565, section 4.1. */
const AES_256_CBC = '2.16.840.1.101.3.4.1.42'
/**
 * The version of an envelope whose recipient has a key identifier, and of that recipient. Source: RFC 5652,
 * sections 6.1 and 6.2.1.
 */
const VERSION = 2

const KEY_BYTES = 32

/**
 * Encrypts a plaintext for the holder of a private key: a CMS ContentInfo with EnvelopedData for one recipient.
 * The four structures around the recipient and the content have indefinite lengths, everything else has definite
 * ones:
 *
 *     ContentInfo (indefinite)
 *       OBJECT IDENTIFIER envelopedData
 *       [0] (indefinite)
 *         EnvelopedData (indefinite)
 *           INTEGER 2
 *           SET
 *             KeyTransRecipientInfo
 *               INTEGER 2
 *               [0] key identifier
 *               RSAES-OAEP, SHA-256, MGF1 with SHA-256
 *               OCTET STRING encrypted key
 *           EncryptedContentInfo (indefinite)
 *             OBJECT IDENTIFIER data
 *             AES-256-CBC, OCTET STRING iv
 *             [0] (indefinite)
 *               OCTET STRING ciphertext
 *
 * Source: RFC 5652; the clients of Nitro enclaves read only this form.
 */
export function sealForRecipient(key: OaepKey, plaintext: Uint8Array, random: Random): Uint8Array {
  using contentKey = new Secret(random.bytes(KEY_BYTES))
  const iv = random.bytes(CBC_IV_BYTES)
  const content = encryptCbc(contentKey, iv, plaintext)
  const envelope = indefinite(
    new Integer({ value: VERSION }),
    new Asn1Set({ value: [recipientInfo(key, encryptOaepSha256(key, contentKey))] }),
    indefinite(
      identifier(DATA),
      sequence(identifier(AES_256_CBC), octets(iv)),
      indefiniteContext(octets(content)),
    ),
  )
  return new Uint8Array(indefinite(identifier(ENVELOPED_DATA), indefiniteContext(envelope)).toBER())
}

function recipientInfo(key: OaepKey, encryptedKey: Uint8Array): Sequence {
  return sequence(
    new Integer({ value: VERSION }),
    new Primitive({ idBlock: contextTag(0), valueHex: key.identifier }),
    sequence(identifier(RSAES_OAEP), oaepParameters()),
    octets(encryptedKey),
  )
}

/** The parameters of OAEP; the default empty label is omitted. Source: RFC 4055, section 4.1. */
function oaepParameters(): Sequence {
  const sha256 = sequence(identifier(SHA_256), new Null())
  return sequence(
    new Constructed({ idBlock: contextTag(0), value: [sha256] }),
    new Constructed({ idBlock: contextTag(1), value: [sequence(identifier(MGF1), sha256)] }),
  )
}

function contextTag(tagNumber: number): { readonly tagClass: number; readonly tagNumber: number } {
  return { tagClass: 3, tagNumber }
}

function sequence(...value: readonly BaseBlock[]): Sequence {
  return new Sequence({ value: [...value] })
}

const INDEFINITE = { lenBlock: { isIndefiniteForm: true } }

function indefinite(...value: readonly BaseBlock[]): Sequence {
  return new Sequence({ ...INDEFINITE, value: [...value] })
}

function indefiniteContext(value: BaseBlock): Constructed {
  return new Constructed({ ...INDEFINITE, idBlock: contextTag(0), value: [value] })
}

function identifier(value: string): ObjectIdentifier {
  return new ObjectIdentifier({ value })
}

function octets(bytes: Uint8Array): OctetString {
  return new OctetString({ valueHex: new Uint8Array(bytes) })
}
