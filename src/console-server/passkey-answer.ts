import { KmsError } from '../api/errors.ts'
import { parseJsonText } from '../base/json-text.ts'
import type { PasskeyAssertion } from '../custody/passkeys.ts'
import { findHeader, type WireRequest } from '../dispatch/wire.ts'

const BASE64URL = /^[A-Za-z0-9_-]*$/

/**
 * Parses the answer of a browser's authenticator: a JSON text with members in base64url.
 *
 * @throws ValidationException.
 */
export function parseAssertion(text: string): PasskeyAssertion {
  const value = parseObject(text)
  const member = (name: string): string => {
    const given: unknown = value && Reflect.get(value, name)
    if (typeof given === 'string' && BASE64URL.test(given)) return given
    throw new KmsError('ValidationException', 'The answer of the authenticator is not valid.')
  }
  const bytes = (name: string): Uint8Array => Buffer.from(member(name), 'base64url')
  return {
    credentialId: member('credentialId'),
    userHandle: Buffer.from(member('userHandle'), 'base64url').toString('utf8'),
    clientData: bytes('clientData'),
    authenticatorData: bytes('authenticatorData'),
    signature: bytes('signature'),
  }
}

/** The origin of the page that sends a request; the site has compared it with the server's own. */
export function originOf({ rawHeaders }: WireRequest): string {
  return findHeader(rawHeaders, 'origin') ?? ''
}

function parseObject(text: string): object | undefined {
  try {
    const value = parseJsonText(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
