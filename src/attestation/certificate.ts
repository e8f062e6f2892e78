import { Boolean as Asn1Boolean, type BaseBlock, BitString, Integer, OctetString } from 'asn1js'
import { compareBytes } from '../base/bytes.ts'
import type { EpochMs } from '../base/ports.ts'
import { type Es384Key, parseEs384Key } from '../crypto/es384.ts'
import {
  constructedItems,
  encodedBytes,
  identifierText,
  isContext,
  parseAsn1,
  sequenceItems,
} from './asn1.ts'
import { refuseUnless } from './refused.ts'

/** The parts of a certificate that the verification of a chain uses. */
export type Certificate = {
  /** The whole certificate in DER. */
  readonly encoded: Uint8Array
  /** The signed part. */
  readonly signedBytes: Uint8Array
  /** ECDSA with SHA-384, in DER. */
  readonly signature: Uint8Array
  /** The encoded names: equal names have equal bytes. */
  readonly issuer: Uint8Array
  readonly subject: Uint8Array
  readonly notBefore: EpochMs
  readonly notAfter: EpochMs
  readonly key: Es384Key
  /** The basic constraints; nothing without the extension. */
  readonly constraints: Constraints | undefined
  readonly signsCertificates: boolean
  readonly signsData: boolean
}

/** Whether the certificate is of an authority, and the maximum number of authorities below it. */
type Constraints = { readonly authority: boolean; readonly pathLength: number | undefined }

/** Source: RFC 5758, section 3.2. */
const ECDSA_WITH_SHA384 = '1.2.840.10045.4.3.3'
/** Source: RFC 5280, section 4.2.1.9. */
const BASIC_CONSTRAINTS = '2.5.29.19'
/** Source: RFC 5280, section 4.2.1.3. */
const KEY_USAGE = '2.5.29.15'
/**
 * Name constraints, policy constraints, and inhibition of any policy. They limit the certificates below, whether
 * they are critical or not, and no certificate of AWS's attestation has one. Source: RFC 5280, section 4.2.1.
 */
const LIMITING: ReadonlySet<string> = new Set(['2.5.29.30', '2.5.29.36', '2.5.29.54'])
const VERSION_3 = 2n

/**
 * Parses a certificate of version 3 with a P-384 key and a signature by ECDSA with SHA-384, the only kind in AWS's
 * attestation.
 *
 * @throws Refused. Source: RFC 5280, section 4.1.
 */
export function parseCertificate(encoded: Uint8Array): Certificate {
  const [body, algorithm, signature, ...rest] = sequenceItems(parseAsn1(encoded))
  refuseUnless(
    rest.length === 0 && signature instanceof BitString && isWholeBytes(signature),
    'it holds a certificate that is not one',
  )
  const [version, , innerAlgorithm, issuer, validity, subject, spki, ...more] = sequenceItems(body)
  refuseUnless(isVersion3(version), 'it holds a certificate that is not of version 3')
  refuseUnless(
    identifierText(sequenceItems(algorithm)[0]) === ECDSA_WITH_SHA384 &&
      compareBytes(encodedBytes(algorithm), encodedBytes(innerAlgorithm)) === 0,
    'it holds a certificate that is not signed by ECDSA with SHA-384',
  )
  const [notBefore, notAfter] = sequenceItems(validity)
  const key = parseEs384Key(encodedBytes(spki))
  refuseUnless(key !== undefined, 'it holds a certificate whose key is not of P-384')
  return {
    encoded,
    signedBytes: encodedBytes(body),
    signature: signature.valueBlock.valueHexView,
    issuer: encodedBytes(issuer),
    subject: encodedBytes(subject),
    notBefore: parseTime(encodedBytes(notBefore)),
    notAfter: parseTime(encodedBytes(notAfter)),
    key,
    ...parseExtensions(more),
  }
}

function isWholeBytes({ idBlock, valueBlock }: BitString): boolean {
  return !idBlock.isConstructed && valueBlock.unusedBits === 0
}

function isVersion3(field: BaseBlock | undefined): boolean {
  if (!isContext(field, 0)) return false
  const [version] = constructedItems(field)
  return version instanceof Integer && version.toBigInt() === VERSION_3
}

type Extensions = Pick<Certificate, 'constraints' | 'signsCertificates' | 'signsData'>

function parseExtensions(fields: readonly BaseBlock[]): Extensions {
  const field = fields.find((each) => isContext(each, 3))
  const list = isContext(field, 3) ? sequenceItems(constructedItems(field)[0]) : []
  const values = new Map<string, Uint8Array>()
  for (const item of list) {
    const { id, critical, value } = parseExtension(item)
    refuseUnless(!values.has(id), 'it holds a certificate with an extension twice')
    refuseUnless(
      !LIMITING.has(id),
      'it holds a certificate that limits the names or policies of those below it',
    )
    const isKnown = id === BASIC_CONSTRAINTS || id === KEY_USAGE
    refuseUnless(isKnown || !critical, 'it holds a certificate with a critical extension that is not known')
    values.set(id, value)
  }
  const usage = parseKeyUsage(values.get(KEY_USAGE))
  return {
    constraints: parseConstraints(values.get(BASIC_CONSTRAINTS)),
    signsData: (usage & DIGITAL_SIGNATURE) !== 0,
    signsCertificates: (usage & KEY_CERT_SIGN) !== 0,
  }
}

type Extension = { readonly id: string; readonly critical: boolean; readonly value: Uint8Array }

function parseExtension(item: BaseBlock): Extension {
  const [id, ...rest] = sequenceItems(item)
  const [flag, value] = rest.length === 2 ? rest : [undefined, rest[0]]
  refuseUnless(
    value instanceof OctetString && (flag === undefined || flag instanceof Asn1Boolean),
    'it holds a certificate with an extension that is not one',
  )
  return {
    id: identifierText(id),
    critical: flag?.getValue() ?? false,
    value: value.valueBlock.valueHexView,
  }
}

function parseConstraints(value: Uint8Array | undefined): Constraints | undefined {
  if (value === undefined) return undefined
  const items = sequenceItems(parseAsn1(value))
  const flag = items[0] instanceof Asn1Boolean ? items[0] : undefined
  const [length, ...rest] = flag === undefined ? items : items.slice(1)
  refuseUnless(rest.length === 0, 'it holds a certificate with unknown basic constraints')
  return { authority: flag?.getValue() ?? false, pathLength: parsePathLength(length) }
}

/** The upper bound of a path length: more certificates than any chain has. */
const PATH_LENGTH_MAX = 255n

function parsePathLength(value: BaseBlock | undefined): number | undefined {
  if (value === undefined) return undefined
  refuseUnless(value instanceof Integer, 'it holds a certificate with a path length that is not a number')
  const length = value.toBigInt()
  refuseUnless(length >= 0n, 'it holds a certificate with a negative path length')
  return Number(length < PATH_LENGTH_MAX ? length : PATH_LENGTH_MAX)
}

/** Bits of the first byte of a key usage. Source: RFC 5280, section 4.2.1.3. */
const DIGITAL_SIGNATURE = 0x80
const KEY_CERT_SIGN = 0x04

/** The first byte of a key usage; 0 without the extension, which allows nothing. */
function parseKeyUsage(value: Uint8Array | undefined): number {
  if (value === undefined) return 0
  const bits = parseAsn1(value)
  refuseUnless(bits instanceof BitString, 'it holds a certificate with a key usage that is not one')
  return bits.valueBlock.valueHexView[0] ?? 0
}

/** Tags and lengths of the two valid forms of a time. Source: RFC 5280, section 4.1.2.5. */
const UTC_TIME = 0x17_0d
const GENERALIZED_TIME = 0x18_0f
const DIGITS = /^(\d{2}|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/
/** Years of two digits below it are in this century. Source: RFC 5280, section 4.1.2.5.1. */
const PIVOT_YEAR = 50

function parseTime(encoded: Uint8Array): EpochMs {
  const [tag = 0, length = 0, ...text] = encoded
  const form = tag * 256 + length
  const match = DIGITS.exec(String.fromCharCode(...text))
  refuseUnless(
    match !== null && (form === UTC_TIME || form === GENERALIZED_TIME),
    'it holds a certificate with a time that is not one',
  )
  const [, digits = '', month, day, hour, minute, second] = match
  const year = form === GENERALIZED_TIME ? digits : `${Number(digits) < PIVOT_YEAR ? '20' : '19'}${digits}`
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  refuseUnless(!Number.isNaN(at), 'it holds a certificate with a time that is not one')
  return at
}
