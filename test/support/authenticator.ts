/** For tests: an authenticator of passkeys in software, and the browser before it. */

import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

const UP = 0x01
const UV = 0x04
const BE = 0x08
const AT = 0x40

/** The kinds of keys. */
export type KeyKind = 'ES256' | 'EdDSA' | 'RS256'

/** What a test changes of an answer. */
export type Twist = {
  readonly type?: string
  readonly challenge?: string
  readonly origin?: string
  readonly crossOrigin?: boolean
  readonly rpId?: string
  readonly flags?: number
  readonly signCount?: number
  /** Signs other bytes. */
  readonly otherBytes?: boolean
}

/** One passkey. */
export type Authenticator = {
  readonly credentialId: string
  /** The browser's answer to a new passkey, in bytes. */
  readonly register: (challenge: string, twist?: Twist) => Registered
  /** The browser's answer to a use, as the console sends it. */
  readonly assert: (challenge: string, twist?: Twist) => Asserted
  /** What it stores of its owner. */
  readonly storeHandle: (handle: string) => void
}

type Registered = {
  readonly clientData: Buffer
  readonly authenticatorData: Buffer
  readonly publicKey: Buffer
  readonly algorithm: number
}

/** Members in base64url. */
export type Asserted = {
  readonly credentialId: string
  readonly userHandle: string
  readonly clientData: string
  readonly authenticatorData: string
  readonly signature: string
}

const ALGORITHMS: Readonly<Record<KeyKind, number>> = { ES256: -7, EdDSA: -8, RS256: -257 }

/** Makes an authenticator for an origin. One with a counter counts its uses. */
export function openAuthenticator(
  origin: string,
  { kind = 'ES256', counts = true }: { readonly kind?: KeyKind; readonly counts?: boolean } = {},
): Authenticator {
  const { publicKey, privateKey } = newPair(kind)
  const id = randomBytes(32)
  const host = new URL(origin).hostname
  let counter = 0
  let handle = ''
  const dataOf = (flags: number, twist: Twist, more: Buffer = Buffer.alloc(0)): Buffer => {
    if (counts) counter += 1
    const count = Buffer.alloc(4)
    count.writeUInt32BE(twist.signCount ?? counter)
    const rpIdHash = createHash('sha256')
      .update(twist.rpId ?? host)
      .digest()
    return Buffer.concat([rpIdHash, Buffer.of(twist.flags ?? flags), count, more])
  }
  const clientDataOf = (type: string, challenge: string, twist: Twist): Buffer =>
    Buffer.from(
      JSON.stringify({
        type: twist.type ?? type,
        challenge: twist.challenge ?? challenge,
        origin: twist.origin ?? origin,
        crossOrigin: twist.crossOrigin ?? false,
      }),
    )
  const synced = counts ? 0 : BE
  return {
    credentialId: id.toString('base64url'),
    storeHandle: (next) => {
      handle = next
    },
    register: (challenge, twist = {}) => {
      const length = Buffer.alloc(2)
      length.writeUInt16BE(id.length)
      const attested = Buffer.concat([Buffer.alloc(16), length, id, Buffer.from('a0', 'hex')])
      return {
        clientData: clientDataOf('webauthn.create', challenge, twist),
        authenticatorData: dataOf(UP | UV | AT | synced, twist, attested),
        publicKey: publicKey.export({ format: 'der', type: 'spki' }),
        algorithm: ALGORITHMS[kind],
      }
    },
    assert: (challenge, twist = {}) => {
      const clientData = clientDataOf('webauthn.get', challenge, twist)
      const authenticatorData = dataOf(UP | UV | synced, twist)
      const signed = Buffer.concat([authenticatorData, createHash('sha256').update(clientData).digest()])
      if (twist.otherBytes === true) signed[0] = (signed[0] ?? 0) ^ 1
      const signature = sign(kind === 'EdDSA' ? null : 'sha256', signed, privateKey)
      return {
        credentialId: id.toString('base64url'),
        userHandle: Buffer.from(handle).toString('base64url'),
        clientData: clientData.toString('base64url'),
        authenticatorData: authenticatorData.toString('base64url'),
        signature: signature.toString('base64url'),
      }
    },
  }
}

function newPair(kind: KeyKind): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  switch (kind) {
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' })
    case 'EdDSA':
      return generateKeyPairSync('ed25519')
    case 'RS256':
      return generateKeyPairSync('rsa', { modulusLength: 2048 })
  }
}
