/** For tests: attestation documents and their certificates, generated for each run. */

import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import {
  Boolean as Asn1Boolean,
  Set as Asn1Set,
  type BaseBlock,
  BitString,
  Constructed,
  fromBER,
  Integer,
  ObjectIdentifier,
  OctetString,
  Primitive,
  Sequence,
  UTCTime,
  Utf8String,
} from 'asn1js'
import { encode } from 'cborg'

const DAY_MS = 86_400_000

type Usage = 'digitalSignature' | 'keyCertSign'

/** The properties of a certificate. The defaults are those of a valid certificate authority. */
export type CertificateSpec = {
  readonly subject: string
  readonly notBefore?: number
  readonly notAfter?: number
  /** `undefined` omits the basic constraints. */
  readonly authority?: boolean | undefined
  readonly pathLength?: number
  readonly usages?: readonly Usage[]
  readonly curve?: string
  readonly hash?: 'sha256' | 'sha384'
  /** Object identifiers of additional critical extensions. */
  readonly critical?: readonly string[]
  /** Object identifiers of additional extensions that are not critical. */
  readonly uncritical?: readonly string[]
  /** The hash of the algorithm outside the signed part, if it differs from the one inside. */
  readonly outerHash?: 'sha256' | 'sha384'
  /** The number of bytes to append to the certificate. */
  readonly behind?: number
  /** Whether the extensions appear twice. */
  readonly doubled?: boolean
  readonly generalizedTime?: boolean
  /** The encoded version. Version 3 is encoded as 2. */
  readonly version?: number
}

/** A certificate and its private key. */
export type TestIssuer = { readonly name: string; readonly key: KeyObject; readonly encoded: Uint8Array }

/** Issues a certificate signed by an issuer, or a self-signed one. */
export function issueCertificate(spec: CertificateSpec, issuer?: TestIssuer): TestIssuer {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: spec.curve ?? 'P-384' })
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  const algorithm = ecdsaWith(spec.hash)
  const body = sequence(
    context(0, new Integer({ value: spec.version ?? 2 })),
    new Integer({ value: 7 }),
    algorithm,
    name(issuer?.name ?? spec.subject),
    sequence(
      time(spec, spec.notBefore ?? Date.now() - DAY_MS),
      time(spec, spec.notAfter ?? Date.now() + DAY_MS),
    ),
    name(spec.subject),
    fromBER(new Uint8Array(spki)).result,
    context(3, sequence(...extensions(spec))),
  )
  const signedBytes = new Uint8Array(body.toBER())
  const signature = sign(spec.hash ?? 'sha384', signedBytes, issuer?.key ?? privateKey)
  const outer = ecdsaWith(spec.outerHash ?? spec.hash)
  const whole = sequence(body, outer, new BitString({ valueHex: new Uint8Array(signature) }))
  const encoded = Buffer.concat([new Uint8Array(whole.toBER()), new Uint8Array(spec.behind ?? 0)])
  return { name: spec.subject, key: privateKey, encoded: new Uint8Array(encoded) }
}

function ecdsaWith(hash: CertificateSpec['hash']): Sequence {
  return sequence(identifier(hash === 'sha256' ? '1.2.840.10045.4.3.2' : '1.2.840.10045.4.3.3'))
}

function extensions(spec: CertificateSpec): readonly BaseBlock[] {
  const list: BaseBlock[] = []
  const authority = 'authority' in spec ? spec.authority : true
  if (authority !== undefined) {
    const path = spec.pathLength === undefined ? [] : [new Integer({ value: spec.pathLength })]
    list.push(
      extension('2.5.29.19', sequence(...(authority ? [new Asn1Boolean({ value: true })] : []), ...path)),
    )
  }
  const usages = spec.usages ?? ['keyCertSign']
  const bits = (usages.includes('digitalSignature') ? 0x80 : 0) | (usages.includes('keyCertSign') ? 0x04 : 0)
  list.push(extension('2.5.29.15', new BitString({ valueHex: Uint8Array.of(bits), unusedBits: 2 })))
  for (const id of spec.critical ?? []) list.push(extension(id, new Integer({ value: 1 })))
  for (const id of spec.uncritical ?? []) list.push(extension(id, new Integer({ value: 1 }), false))
  return spec.doubled ? [...list, ...list] : list
}

function extension(id: string, value: BaseBlock, critical = true): BaseBlock {
  return sequence(
    identifier(id),
    ...(critical ? [new Asn1Boolean({ value: true })] : []),
    new OctetString({ valueHex: new Uint8Array(value.toBER()) }),
  )
}

function time({ generalizedTime = false }: CertificateSpec, at: number): BaseBlock {
  if (!generalizedTime) return new UTCTime({ valueDate: new Date(at) })
  // The library would write fractions of a second, which certificates do not allow.
  const text = `${new Date(at).toISOString().replaceAll(/[-:T]|\..*/g, '')}Z`
  return new Primitive({ idBlock: { tagClass: 1, tagNumber: 24 }, valueHex: new TextEncoder().encode(text) })
}

function name(text: string): BaseBlock {
  const attribute = sequence(identifier('2.5.4.3'), new Utf8String({ value: text }))
  return sequence(new Asn1Set({ value: [attribute] }))
}

function sequence(...value: readonly BaseBlock[]): Sequence {
  return new Sequence({ value: [...value] })
}

function identifier(value: string): ObjectIdentifier {
  return new ObjectIdentifier({ value })
}

function context(tagNumber: number, value: BaseBlock): Constructed {
  return new Constructed({ idBlock: { tagClass: 3, tagNumber }, value: [value] })
}

/** A root, two intermediate authorities, and the certificate that signs documents. */
export type TestChain = {
  readonly bundle: readonly TestIssuer[]
  readonly leaf: TestIssuer
  readonly rootPem: string
}

/** Changes to each certificate of a valid chain. */
export type ChainChanges = {
  readonly root?: Partial<CertificateSpec>
  readonly upper?: Partial<CertificateSpec>
  readonly lower?: Partial<CertificateSpec>
  readonly leaf?: Partial<CertificateSpec>
}

/** Makes a chain with the structure of AWS's. Without changes it is valid. */
export function makeChain(changes: ChainChanges = {}): TestChain {
  const root = issueCertificate({ subject: 'a root', ...changes.root })
  const upper = issueCertificate({ subject: 'a region', pathLength: 1, ...changes.upper }, root)
  const lower = issueCertificate({ subject: 'an instance', pathLength: 0, ...changes.lower }, upper)
  const leaf = issueCertificate(
    { subject: 'an enclave', authority: false, usages: ['digitalSignature'], ...changes.leaf },
    lower,
  )
  return { bundle: [root, upper, lower], leaf, rootPem: toPem(root.encoded) }
}

export function toPem(encoded: Uint8Array): string {
  const lines = Buffer.from(encoded).toString('base64').replaceAll(/.{64}/g, '$&\n')
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
}

/** The value of a PCR: one byte repeated 48 times. */
export function register(byte: number): Uint8Array {
  return new Uint8Array(48).fill(byte)
}

/** An enclave's key pair, of a kind that KMS accepts. */
export function enclaveKey(modulusLength = 2048): {
  readonly spki: Uint8Array
  readonly privateKey: KeyObject
} {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength })
  return { spki: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })), privateKey }
}

/** Members of a document. `undefined` omits one. */
export type DocumentMembers = Readonly<Record<string, unknown>>

/** The members of a valid enclave document, with changes. */
export function documentMembers(
  chain: TestChain,
  spki: Uint8Array,
  changes: DocumentMembers = {},
): Map<string, unknown> {
  const members: DocumentMembers = {
    module_id: 'i-0123456789abcdef0-enc0123456789abcdef',
    digest: 'SHA384',
    timestamp: Date.now(),
    pcrs: new Map([0, 1, 2, 8].map((index) => [index, register(0xa0 + index)])),
    certificate: chain.leaf.encoded,
    cabundle: chain.bundle.map(({ encoded }) => encoded),
    public_key: spki,
    user_data: null,
    nonce: null,
    ...changes,
  }
  return new Map(Object.entries(members).filter(([, value]) => value !== undefined))
}

/** Makes a signed document. */
export function makeDocument(chain: TestChain, spki: Uint8Array, changes: DocumentMembers = {}): Uint8Array {
  return signPayload(encode(documentMembers(chain, spki, changes)), chain.leaf.key)
}

/** Signs any payload like a document. */
export function signPayload(payload: Uint8Array, key: KeyObject): Uint8Array {
  const header = encode(new Map([[1, -35]]))
  const signedBytes = encode(['Signature1', header, new Uint8Array(0), payload])
  const signature = new Uint8Array(sign('sha384', signedBytes, { key, dsaEncoding: 'ieee-p1363' }))
  return encode([header, new Map(), payload, signature])
}
