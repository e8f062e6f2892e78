import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { BitString, Integer, OctetString, Utf8String } from 'asn1js'
import {
  AttributeTypeAndValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  Extension,
  ExtKeyUsage,
  GeneralName,
  GeneralNames,
  GeneralSubtree,
  NameConstraints,
} from 'pkijs'
import { concatBytes, parseHex } from '../base/bytes.ts'
import type { EpochMs, Random } from '../base/ports.ts'
import { sha256 } from './hash.ts'

/** Source: RFC 5280, section 4.2.1, and appendix A. */
const OIDS = {
  commonName: '2.5.4.3',
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  alternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
} as const

/** Bits of key usage. Source: RFC 5280, section 4.2.1.3. */
const DIGITAL_SIGNATURE = 0x80
const SIGN_CERTIFICATES = 0x04
const DNS_NAME = 2
const IP_ADDRESS = 7
const VERSION_3 = 2
const SERIAL_BYTES = 16
/** Source: RFC 7093, section 2, method 1: the first 160 bits of a SHA-256. */
const KEY_ID_BYTES = 20
const DAY_MS = 86_400_000
/** Clocks of clients may be a little behind. */
const BACKDATED_MS = 3_600_000
const CURVE = { name: 'ECDSA', namedCurve: 'P-256' } as const
const HASH = 'SHA-256'

/** A certificate and its private key, both PEM. */
export type Issued = { readonly cert: string; readonly key: string }

/** When a certificate is made, and for how long. */
export type Validity = { readonly now: EpochMs; readonly days: number; readonly random: Random }

/**
 * Creates an authority whose certificates are valid for these names alone, by its own name constraints: DNS names with
 * everything below them, and IP addresses. It signs servers and no further authorities.
 *
 * Source: RFC 5280, section 4.2.1.10.
 */
export async function createAuthority(names: readonly string[], validity: Validity): Promise<Issued> {
  const keys = await generateKeys()
  const certificate = newCertificate(`Holdfast authority for ${names[0]}`, validity)
  certificate.issuer = certificate.subject
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey)
  const excluded = excludedKinds(names)
  const constraints = new NameConstraints({
    permittedSubtrees: names.map(subtreeOf),
    ...(excluded.length > 0 && { excludedSubtrees: excluded }),
  })
  certificate.extensions = [
    extension(OIDS.basicConstraints, true, new BasicConstraints({ cA: true, pathLenConstraint: 0 })),
    extension(OIDS.keyUsage, true, keyUsage(SIGN_CERTIFICATES)),
    extension(OIDS.extendedKeyUsage, false, new ExtKeyUsage({ keyPurposes: [OIDS.serverAuth] })),
    extension(OIDS.nameConstraints, true, constraints),
    extension(OIDS.subjectKeyId, false, new OctetString({ valueHex: keyIdOf(certificate) })),
  ]
  return await sign(certificate, keys.privateKey, keys.privateKey)
}

/** Issues the certificate of a server for these names. @throws Error when the authority's key does not fit its certificate. */
export async function issueServerCertificate(
  authority: Issued,
  names: readonly string[],
  validity: Validity,
): Promise<Issued> {
  const issuer = Certificate.fromBER(bytesOfPem(authority.cert))
  const signer = await crypto.subtle.importKey('pkcs8', bytesOfPem(authority.key), CURVE, false, ['sign'])
  const keys = await generateKeys()
  const [first = ''] = names
  // Clients take a common name that looks like a DNS name for one, if the certificate has no other.
  const certificate = newCertificate(isIP(first) === 0 ? first : `Address ${first}`, validity)
  certificate.issuer = issuer.subject
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey)
  const alternatives = new GeneralNames({ names: names.map(generalName) })
  const authorityKeyId = new AuthorityKeyIdentifier({
    keyIdentifier: new OctetString({ valueHex: keyIdOf(issuer) }),
  })
  certificate.extensions = [
    extension(OIDS.basicConstraints, true, new BasicConstraints({ cA: false })),
    extension(OIDS.keyUsage, true, keyUsage(DIGITAL_SIGNATURE)),
    extension(OIDS.extendedKeyUsage, false, new ExtKeyUsage({ keyPurposes: [OIDS.serverAuth] })),
    extension(OIDS.alternativeName, false, alternatives),
    extension(OIDS.subjectKeyId, false, new OctetString({ valueHex: keyIdOf(certificate) })),
    extension(OIDS.authorityKeyId, false, authorityKeyId),
  ]
  const issued = await sign(certificate, keys.privateKey, signer)
  if (new X509Certificate(issued.cert).verify(new X509Certificate(authority.cert).publicKey)) return issued
  throw new Error('the private key is not that of the authority')
}

/** The names that an authority is limited to: DNS names and IP addresses. Nothing when it is not limited. @throws Error. */
export function permittedNames(authorityPem: string): readonly string[] | undefined {
  const { extensions = [] } = Certificate.fromBER(bytesOfPem(authorityPem))
  const constraints = extensions.find(({ extnID }) => extnID === OIDS.nameConstraints)?.parsedValue
  if (!(constraints instanceof NameConstraints)) return undefined
  return (constraints.permittedSubtrees ?? []).flatMap(({ base }) => {
    if (base.type === DNS_NAME) return [String(base.value)]
    if (base.type !== IP_ADDRESS || !(base.value instanceof OctetString)) return []
    const bytes = base.value.valueBlock.valueHexView
    return [formatAddress(bytes.subarray(0, bytes.length / 2))]
  })
}

/** Whether a DNS name or IP address is one of these, or below one of the DNS names. */
export function isPermitted(name: string, permitted: readonly string[]): boolean {
  const wanted = isIP(name) === 0 ? name.replace(/^\*\./, '') : formatAddress(addressBytes(name))
  return permitted.some(
    (one) => one === wanted || (isIP(wanted) === 0 && isIP(one) === 0 && wanted.endsWith(`.${one}`)),
  )
}

function newCertificate(commonName: string, { now, days, random }: Validity): Certificate {
  const certificate = new Certificate()
  certificate.version = VERSION_3
  const serial = random.bytes(SERIAL_BYTES)
  // A positive integer without leading zeros.
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  certificate.serialNumber = new Integer({ valueHex: Uint8Array.from(serial).buffer })
  const value = new Utf8String({ value: commonName })
  certificate.subject.typesAndValues.push(new AttributeTypeAndValue({ type: OIDS.commonName, value }))
  certificate.notBefore.value = new Date(now - BACKDATED_MS)
  certificate.notAfter.value = new Date(now + days * DAY_MS)
  return certificate
}

function generateKeys() {
  return crypto.subtle.generateKey(CURVE, true, ['sign', 'verify'])
}

async function sign(certificate: Certificate, own: CryptoKey, signer: CryptoKey): Promise<Issued> {
  await certificate.sign(signer, HASH)
  const key = new Uint8Array(await crypto.subtle.exportKey('pkcs8', own))
  const issued = {
    cert: pem('CERTIFICATE', new Uint8Array(certificate.toSchema().toBER())),
    key: pem('PRIVATE KEY', key),
  }
  key.fill(0)
  return issued
}

type Encodable = { readonly toSchema: () => { readonly toBER: () => ArrayBuffer } } | OctetString | BitString

function extension(extnID: string, critical: boolean, value: Encodable): Extension {
  const schema = 'toSchema' in value ? value.toSchema() : value
  return new Extension({ extnID, critical, extnValue: schema.toBER() })
}

function keyUsage(bits: number): BitString {
  const unusedBits = bits === DIGITAL_SIGNATURE ? 7 : 2
  return new BitString({ valueHex: Uint8Array.of(bits).buffer, unusedBits })
}

function keyIdOf({ subjectPublicKeyInfo }: Certificate): ArrayBuffer {
  const key = subjectPublicKeyInfo.subjectPublicKey.valueBlock.valueHexView
  return Uint8Array.from(sha256(key).subarray(0, KEY_ID_BYTES)).buffer
}

function generalName(name: string): GeneralName {
  if (isIP(name) === 0) return new GeneralName({ type: DNS_NAME, value: name })
  const bytes = addressBytes(name)
  return new GeneralName({
    type: IP_ADDRESS,
    value: new OctetString({ valueHex: Uint8Array.from(bytes).buffer }),
  })
}

/** An address in a constraint has its mask behind it: here all bits. Source: RFC 5280, section 4.2.1.10. */
function subtreeOf(name: string): GeneralSubtree {
  if (isIP(name) === 0) return new GeneralSubtree({ base: generalName(name) })
  const bytes = addressBytes(name)
  return subtreeOfBytes(concatBytes(bytes, new Uint8Array(bytes.length).fill(0xff)))
}

/** A kind of name that no permitted one has is not limited, unless all of it is excluded. */
function excludedKinds(names: readonly string[]): GeneralSubtree[] {
  const hasAddress = names.some((name) => isIP(name) !== 0)
  const hasDnsName = names.some((name) => isIP(name) === 0)
  return [
    ...(hasAddress ? [] : ALL_ADDRESSES.map(subtreeOfBytes)),
    ...(hasDnsName ? [] : [subtreeOf(ALL_DNS_NAMES)]),
  ]
}

/** Every DNS name is below the empty one. Source: RFC 5280, section 4.2.1.10. */
const ALL_DNS_NAMES = ''
/** Every address of both versions: zeros, and a mask of zeros. */
const ALL_ADDRESSES = [new Uint8Array(8), new Uint8Array(32)]

function subtreeOfBytes(bytes: Uint8Array): GeneralSubtree {
  const value = new OctetString({ valueHex: Uint8Array.from(bytes).buffer })
  return new GeneralSubtree({ base: new GeneralName({ type: IP_ADDRESS, value }) })
}

/** The 4 or 16 bytes of an IP address. */
function addressBytes(address: string): Uint8Array {
  if (isIP(address) === 4) return Uint8Array.from(address.split('.').map(Number))
  const { hostname } = new URL(`http://[${address}]`)
  const [head = '', tail] = hostname.slice(1, -1).split('::')
  const groups = (text: string): readonly string[] => (text === '' ? [] : text.split(':'))
  const after = tail === undefined ? [] : groups(tail)
  const zeros = new Array<string>(8 - groups(head).length - after.length).fill('0')
  const hex = [...groups(head), ...zeros, ...after].map((group) => group.padStart(4, '0')).join('')
  return parseHex(hex) ?? new Uint8Array(16)
}

function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  )
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}

function pem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

function bytesOfPem(text: string): ArrayBuffer {
  const [, base64 = ''] = /-----BEGIN [A-Z ]+-----([A-Za-z0-9+/=\s]+)-----END/.exec(text) ?? []
  return Uint8Array.from(Buffer.from(base64, 'base64')).buffer
}
