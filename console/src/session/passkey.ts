/** Passkeys in the browser. Source: WebAuthn Level 3. */

/** What the server asks of a use of a passkey. */
export type PasskeyRequest = {
  /** Base64url. */
  readonly challenge: string
  /** The passkeys that may be used; empty when the person chooses in the browser. */
  readonly credentialIds: readonly string[]
}

/** What the server asks of a new passkey. */
export type RegistrationRequest = PasskeyRequest & {
  readonly userHandle: string
  readonly userName: string
}

/** The answer of an authenticator to a new passkey, in base64. */
export type NewPasskey = {
  readonly clientData: string
  readonly authenticatorData: string
  readonly publicKey: string
  readonly algorithm: number
}

const TIMEOUT_MS = 300_000
const ES256 = -7
const ED25519 = -8
const RS256 = -257

/** Whether the browser has passkeys at this address: it has none at an IP address. */
export function hasPasskeys(): boolean {
  return 'PublicKeyCredential' in window && !isIpAddress(window.location.hostname)
}

function isIpAddress(host: string): boolean {
  return host.startsWith('[') || /^[0-9.]+$/.test(host)
}

/** Uses a passkey; returns the answer as text. @throws DOMException when the person cancels or has none. */
export async function askPasskey({ challenge, credentialIds }: PasskeyRequest): Promise<string> {
  const credential = await navigator.credentials.get({
    publicKey: {
      challenge: fromBase64Url(challenge),
      timeout: TIMEOUT_MS,
      userVerification: 'required',
      allowCredentials: credentialIds.map(descriptor),
    },
  })
  const { id, response } = publicKeyOf(credential)
  if (!(response instanceof AuthenticatorAssertionResponse)) throw new Error('no assertion')
  return JSON.stringify({
    credentialId: id,
    userHandle: response.userHandle === null ? '' : toBase64Url(response.userHandle),
    clientData: toBase64Url(response.clientDataJSON),
    authenticatorData: toBase64Url(response.authenticatorData),
    signature: toBase64Url(response.signature),
  })
}

/** Makes a passkey. @throws DOMException when the person cancels, or the device has a passkey already. */
export async function makePasskey(request: RegistrationRequest): Promise<NewPasskey> {
  const { challenge, userHandle, userName, credentialIds } = request
  const credential = await navigator.credentials.create({
    publicKey: {
      challenge: fromBase64Url(challenge),
      rp: { name: 'Holdfast' },
      user: { id: new TextEncoder().encode(userHandle), name: userName, displayName: userName },
      pubKeyCredParams: [ES256, ED25519, RS256].map((alg) => ({ type: 'public-key', alg })),
      timeout: TIMEOUT_MS,
      attestation: 'none',
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
      excludeCredentials: credentialIds.map(descriptor),
    },
  })
  const { response } = publicKeyOf(credential)
  if (!(response instanceof AuthenticatorAttestationResponse)) throw new Error('no new passkey')
  const publicKey = response.getPublicKey()
  if (publicKey === null) throw new Error('the browser does not know the kind of key')
  return {
    clientData: toBase64(response.clientDataJSON),
    authenticatorData: toBase64(response.getAuthenticatorData()),
    publicKey: toBase64(publicKey),
    algorithm: response.getPublicKeyAlgorithm(),
  }
}

function publicKeyOf(credential: Credential | null): PublicKeyCredential {
  if (credential instanceof PublicKeyCredential) return credential
  throw new Error('no passkey')
}

function descriptor(id: string): PublicKeyCredentialDescriptor {
  return { type: 'public-key', id: fromBase64Url(id) }
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = window.atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (char) => char.charCodeAt(0))
}

function toBase64(bytes: ArrayBuffer): string {
  return window.btoa(Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join(''))
}

function toBase64Url(bytes: ArrayBuffer): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
