import { findCertificate } from '../crypto/certificates.ts'
import { TokenFailure } from './failure.ts'
import type { TokenFacts } from './messages.ts'
import { type ConfiguredToken, TokenClient, type TokenClientDependencies } from './token-client.ts'

/** What AES-GCM makes of data: ciphertext as long as the data, nonce, and tag. */
type TokenCiphertext = {
  readonly ciphertext: Uint8Array
  readonly iv: Uint8Array
  readonly tag: Uint8Array
}

/** Keys in a token, by their labels. Every method throws TokenFailure. */
export type TokenKeys = {
  /** What the token says of itself, without a login. */
  readonly facts: () => Promise<TokenFacts>
  /** Logs in. @param password what has to be the PIN; nothing when it need not be known. */
  readonly login: (password?: string) => Promise<void>
  /** Makes an AES key of 256 bits that never leaves the token; nothing more when there is one of this label. */
  readonly generate: (label: string, id: Uint8Array) => Promise<void>
  readonly encrypt: (
    label: string,
    input: { readonly iv: Uint8Array; readonly aad: Uint8Array; readonly plaintext: Uint8Array },
  ) => Promise<TokenCiphertext>
  /** The plaintext, which the caller clears. */
  readonly decrypt: (
    label: string,
    input: TokenCiphertext & { readonly aad: Uint8Array },
  ) => Promise<Uint8Array>
  /** Destroys a key; nothing when there is none. */
  readonly destroy: (label: string) => Promise<void>
  readonly has: (label: string) => Promise<boolean>
  readonly random: (sizeBytes: number) => Promise<Uint8Array>
}

/** A token as a cluster of key stores. */
export type TokenCluster = {
  readonly id: string
  /** The one account whose key stores may use it. */
  readonly account: string
  /** The certificate that callers have to give, in DER; nothing when any will do. */
  readonly trustAnchor: Uint8Array | undefined
}

/** A configured token that may be a cluster. */
export type TokenOfFile = ConfiguredToken & { readonly cluster: TokenCluster | undefined }

/** The tokens that the operator has configured. Processes are started when they are needed, and ended by disposing. */
export type Tokens = Disposable & {
  /** The token that is a cluster of an account; nothing when there is none, or it is another account's. */
  readonly ofCluster: (
    account: string,
    clusterId: string,
  ) => { readonly keys: TokenKeys; readonly cluster: TokenCluster } | undefined
  readonly named: (name: string) => TokenKeys | undefined
}

/** No tokens. */
export const NO_TOKENS: Tokens = {
  ofCluster: () => undefined,
  named: () => undefined,
  [Symbol.dispose]: () => {},
}

/** Opens tokens for use. */
export function openTokens(tokens: readonly TokenOfFile[], dependencies: TokenClientDependencies): Tokens {
  const clients = new Map(tokens.map((token) => [token.name, new TokenClient(token, dependencies)]))
  const keysOf = (name: string): TokenKeys | undefined => {
    const client = clients.get(name)
    return client && tokenKeys(client)
  }
  return {
    ofCluster: (account, clusterId) => {
      const token = tokens.find(({ cluster }) => cluster?.id === clusterId && cluster.account === account)
      const keys = token && keysOf(token.name)
      return keys === undefined || token?.cluster === undefined ? undefined : { keys, cluster: token.cluster }
    },
    named: keysOf,
    [Symbol.dispose]: () => {
      for (const client of clients.values()) client[Symbol.dispose]()
    },
  }
}

const TAG_BYTES = 16
const IV_BYTES = 12

function tokenKeys(client: TokenClient): TokenKeys {
  return {
    facts: async () => {
      const { texts } = await client.ask({ name: 'facts' })
      const [serial = '', model = '', manufacturer = ''] = texts
      return { serial, model, manufacturer }
    },
    login: async (password) => void (await client.ask({ name: 'login', password })),
    generate: async (label, id) => void (await client.ask({ name: 'generate', label, id })),
    encrypt: async (label, { iv, aad, plaintext }) => {
      const { bytes } = await client.ask({ name: 'encrypt', label, iv, aad, data: plaintext })
      const [used, sealed] = bytes
      if (used?.length !== IV_BYTES || sealed?.length !== plaintext.length + TAG_BYTES) throw wrongSize()
      const end = plaintext.length
      return { iv: used, ciphertext: sealed.subarray(0, end), tag: sealed.subarray(end) }
    },
    decrypt: async (label, { ciphertext, iv, tag, aad }) => {
      const data = Buffer.concat([ciphertext, tag])
      const [plaintext] = (await client.ask({ name: 'decrypt', label, iv, aad, data })).bytes
      if (plaintext?.length !== ciphertext.length) throw wrongSize()
      return plaintext
    },
    destroy: async (label) => void (await client.ask({ name: 'destroy', label })),
    has: async (label) => (await client.ask({ name: 'has', label })).texts.length > 0,
    random: async (sizeBytes) => {
      const [bytes] = (await client.ask({ name: 'random', sizeBytes })).bytes
      if (bytes?.length !== sizeBytes) throw wrongSize()
      return bytes
    },
  }
}

function wrongSize(): TokenFailure {
  return new TokenFailure('Failed', 'the token gave a result of another size than expected')
}

/** Whether a PEM text is the trust anchor of a cluster; any certificate is when the operator has given none. */
export function isTrustAnchor({ trustAnchor }: TokenCluster, pem: string): boolean {
  const given = findCertificate(pem)
  if (given === undefined) return false
  return trustAnchor === undefined || Buffer.compare(given, trustAnchor) === 0
}
