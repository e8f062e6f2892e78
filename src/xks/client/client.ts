import { toBase64, utf8 } from '../../base/bytes.ts'
import type { Clock, Timers } from '../../base/ports.ts'
import { type Credentials, signRequest } from '../../sigv4/sign.ts'
import { SigningKeys } from '../../sigv4/signing-key.ts'
import type { XksCiphertext } from '../protocol/integrity.ts'
import { XKS_ALGORITHM, XKS_INTEGRITY_ALGORITHM, XKS_MEDIA_TYPE, XKS_SERVICE } from '../protocol/protocol.ts'
import { exchange, openTransport, type XksRoutes, type XksTransport } from './exchange.ts'
import { XksFailure } from './failure.ts'
import {
  type ExternalKeyFacts,
  type ProxyHealth,
  parseDecryption,
  parseEncryption,
  parseHealth,
  parseKeyMetadata,
  type XksAnswer,
} from './responses.ts'

/** Attempts of a call that carries no data: a first connection may take too long. */
const QUESTION_ATTEMPTS = 3

/** A proxy and the credentials to call it with. */
export type XksTarget = {
  /** `https://` and a host name. */
  readonly endpoint: string
  /** The path, which ends with `/kms/xks/v1`. */
  readonly path: string
  readonly region: string
  /** The same object for the same credential, since signing keys are cached by it. */
  readonly credentials: Credentials
}

/** The purpose of a call to a proxy, which may log it and authorize by it. */
export type XksPurpose = {
  readonly requestId: string
  /** The operation of AWS KMS. */
  readonly operation: string
  /** Further facts for the proxy; absent in health checks. */
  readonly subject?: {
    readonly principalArn: string
    /** Absent while no KMS key exists yet. */
    readonly keyArn?: string
    /** The service that calls on the principal's behalf. */
    readonly viaService?: string
  }
}

/** An external key of a proxy. */
type ExternalKey = { readonly target: XksTarget; readonly keyId: string }

/** Calls external key store proxies. Every method throws XksFailure. Disposing closes connections. */
export type XksClient = Disposable & {
  readonly health: (target: XksTarget, purpose: XksPurpose) => Promise<ProxyHealth>
  readonly keyMetadata: (key: ExternalKey, purpose: XksPurpose) => Promise<ExternalKeyFacts>
  /** @param input the plaintext, at most 4,300 bytes, and additional data of at most 8,192. */
  readonly encrypt: (
    key: ExternalKey,
    input: { readonly plaintext: Uint8Array; readonly aad: Uint8Array },
    purpose: XksPurpose,
  ) => Promise<XksCiphertext>
  /** The plaintext, which the caller clears. */
  readonly decrypt: (
    key: ExternalKey,
    input: XksCiphertext & { readonly aad: Uint8Array },
    purpose: XksPurpose,
  ) => Promise<Uint8Array>
}

/** The dependencies and settings of a client. */
export type XksClientOptions = {
  /** PEM certificates to trust in addition to the system's. */
  readonly ca: string | undefined
  readonly routes: XksRoutes
  readonly timeoutMs: number
  readonly clock: Clock
  readonly timers: Timers
}

/** Opens a client for any number of proxies. */
export function openXksClient(options: XksClientOptions): XksClient {
  const { clock, ...rest } = options
  const transport = openTransport(rest)
  const dependencies: CallDependencies = { transport, clock, keys: new SigningKeys() }
  return {
    health: async (target, purpose) =>
      parseHealth(await ask(() => post(dependencies, target, '/health', requestBody(purpose, {})))),
    keyMetadata: async ({ target, keyId }, purpose) =>
      parseKeyMetadata(
        await ask(() => post(dependencies, target, `/keys/${keyId}/metadata`, requestBody(purpose, {}))),
      ),
    encrypt: async ({ target, keyId }, { plaintext, aad }, purpose) => {
      const body = requestBody(purpose, {
        plaintext: toBase64(plaintext),
        encryptionAlgorithm: XKS_ALGORITHM,
        ...optionalBytes('additionalAuthenticatedData', aad),
        ciphertextDataIntegrityValueAlgorithm: XKS_INTEGRITY_ALGORITHM,
      })
      const answer = await post(dependencies, target, `/keys/${keyId}/encrypt`, body)
      return parseEncryption(answer, { plaintextBytes: plaintext.length, aad })
    },
    decrypt: async ({ target, keyId }, { ciphertext, iv, tag, metadata, aad }, purpose) => {
      const body = requestBody(purpose, {
        ciphertext: toBase64(ciphertext),
        encryptionAlgorithm: XKS_ALGORITHM,
        initializationVector: toBase64(iv),
        authenticationTag: toBase64(tag),
        ...optionalBytes('additionalAuthenticatedData', aad),
        ...optionalBytes('ciphertextMetadata', metadata),
      })
      return parseDecryption(
        await post(dependencies, target, `/keys/${keyId}/decrypt`, body),
        ciphertext.length,
      )
    },
    [Symbol.dispose]: () => transport.agent.destroy(),
  }
}

type CallDependencies = {
  readonly transport: XksTransport
  readonly clock: Clock
  readonly keys: SigningKeys
}

/** Repeats a call when there was no answer. */
async function ask(question: () => Promise<XksAnswer>): Promise<XksAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await question()
    } catch (error) {
      const silent =
        error instanceof XksFailure && (error.reason === 'TimedOut' || error.reason === 'Unreachable')
      if (!silent || attempt >= QUESTION_ATTEMPTS) throw error
    }
  }
}

function requestBody(purpose: XksPurpose, members: Readonly<Record<string, string>>): Uint8Array {
  const { requestId, operation, subject } = purpose
  const requestMetadata = {
    ...(subject && { awsPrincipalArn: subject.principalArn }),
    kmsOperation: operation,
    kmsRequestId: requestId,
    ...(subject?.keyArn !== undefined && { kmsKeyArn: subject.keyArn }),
    ...(subject?.viaService !== undefined && { kmsViaService: subject.viaService }),
  }
  return utf8(JSON.stringify({ requestMetadata, ...members }))
}

function optionalBytes(name: string, bytes: Uint8Array): Readonly<Record<string, string>> {
  return bytes.length === 0 ? {} : { [name]: toBase64(bytes) }
}

const SCHEME = 'https://'

/** Only `host` and `x-amz-date` are signed, as AWS does. */
function post(
  dependencies: CallDependencies,
  target: XksTarget,
  call: string,
  body: Uint8Array,
): Promise<XksAnswer> {
  const host = target.endpoint.slice(SCHEME.length)
  const request = { method: 'POST', target: `${target.path}${call}`, rawHeaders: ['host', host], body }
  const signature = signRequest(request, {
    credentials: target.credentials,
    region: target.region,
    service: XKS_SERVICE,
    now: dependencies.clock.now(),
    keys: dependencies.keys,
  })
  const content = ['content-type', XKS_MEDIA_TYPE, 'content-length', String(body.length)]
  const headers = [...request.rawHeaders, ...content, ...signature]
  return exchange(dependencies.transport, { host, target: request.target, headers, body })
}
