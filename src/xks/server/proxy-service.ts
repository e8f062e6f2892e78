import { toBase64 } from '../../base/bytes.ts'
import type { Log } from '../../base/log.ts'
import type { Clock, EpochMs, Random } from '../../base/ports.ts'
import type { Custody } from '../../custody/custody.ts'
import type { Freshness } from '../../dispatch/freshness.ts'
import type { Journal } from '../../dispatch/journal.ts'
import type { WireRequest, WireResponse } from '../../dispatch/wire.ts'
import { type WireFault, wireFaultError } from '../../dispatch/wire-fault.ts'
import { SigningKeys } from '../../sigv4/signing-key.ts'
import type { Records } from '../../store/records.ts'
import { integrityValue } from '../protocol/integrity.ts'
import { XKS_MEDIA_TYPE } from '../protocol/protocol.ts'
import { authenticateCaller, type ProxyCaller } from './authenticate-client.ts'
import { EXTERNAL_KEY, openExternally, type StoredExternalKey, sealExternally } from './external-key.ts'
import { findProxyCredential } from './proxy-credential.ts'
import { formatProxyEvent, type ProxyCallFacts } from './proxy-recording.ts'
import { ProxyRefusal } from './proxy-refusal.ts'
import {
  type ProxyCall,
  parseBody,
  parseCall,
  parseDecryptInput,
  parseEncryptInput,
  parseMetadata,
  type RequestBody,
  type RequestMetadata,
} from './requests.ts'

/** The dependencies of a proxy. */
export type ProxyDependencies = {
  readonly records: Records
  readonly custody: Custody
  readonly journal: Pick<Journal, 'append'>
  /** Whether a refusal of this source gets its own audit event; otherwise it is only counted. */
  readonly admit: (source: string) => boolean
  readonly freshness: Pick<Freshness, 'reached'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** The account of the external keys and credentials. */
  readonly account: string
  /** The part of every path before `/kms/xks/v1`. */
  readonly prefix: string
}

/** Answers calls of the XKS proxy API. Neither method rejects: a failure is an answer too. */
export type ProxyService = {
  readonly handle: (request: WireRequest) => Promise<WireResponse>
  /** Answers a malformed request whose body has not been read. */
  readonly refuseUnread: (request: WireRequest, fault: WireFault) => Promise<WireResponse>
}

/** The known facts of a call in progress. */
type Attempt = {
  readonly request: WireRequest
  readonly requestId: string
  readonly now: EpochMs
  caller?: ProxyCaller
  call?: ProxyCall
  metadata?: RequestMetadata
}

/** Creates a proxy service. */
export function createProxyService(dependencies: ProxyDependencies): ProxyService {
  const signingKeys = new SigningKeys()
  const begin = (request: WireRequest): Attempt => ({
    request,
    requestId: dependencies.random.uuid(),
    now: dependencies.clock.now(),
  })
  return {
    handle: (request) => handle(dependencies, signingKeys, begin(request)),
    refuseUnread: (request, fault) => {
      const { message } = wireFaultError(fault)
      return finish(dependencies, begin(request), new ProxyRefusal('ValidationException', message))
    },
  }
}

async function handle(
  dependencies: ProxyDependencies,
  signingKeys: SigningKeys,
  attempt: Attempt,
): Promise<WireResponse> {
  const { request, requestId } = attempt
  // Source: XKS Proxy API Specification: every method except POST gets 405. The request names no caller, so it
  // is not recorded.
  if (request.method !== 'POST') return { status: 405, mediaType: XKS_MEDIA_TYPE, requestId, body: '' }
  try {
    return await finish(dependencies, attempt, await perform(dependencies, signingKeys, attempt))
  } catch (error) {
    return finish(dependencies, attempt, refusalOf(dependencies, requestId, error))
  }
}

/** Authenticates and performs a call; fills the attempt with the facts to record. */
async function perform(
  dependencies: ProxyDependencies,
  signingKeys: SigningKeys,
  attempt: Attempt,
): Promise<object> {
  const { request, now } = attempt
  await dependencies.freshness.reached()
  attempt.caller = await authenticateCaller(request, now, {
    findCredential: (accessKeyId) =>
      findProxyCredential(dependencies.records, dependencies.account, accessKeyId),
    signingKeys,
  })
  const call = parseCall(request.target, dependencies.prefix)
  if (call === undefined) throw new ProxyRefusal('InvalidUriPathException', 'There is nothing at this path.')
  attempt.call = call
  const body = parseBody(request.body)
  attempt.metadata = parseMetadata(call.name, body)
  return answerOf(dependencies, call, body)
}

function answerOf(
  dependencies: ProxyDependencies,
  call: ProxyCall,
  body: RequestBody,
): Promise<object> | object {
  switch (call.name) {
    case 'GetHealthStatus':
      return HEALTH
    case 'GetKeyMetadata':
      return keyMetadata(dependencies, call.keyId)
    case 'Encrypt':
      return encrypt(dependencies, call.keyId, body)
    case 'Decrypt':
      return decrypt(dependencies, call.keyId, body)
  }
}

/** The health of a proxy that answers: its records are readable, and it has no separate key manager. */
const HEALTH = {
  xksProxyFleetSize: 1,
  xksProxyVendor: 'Holdfast',
  xksProxyModel: 'Holdfast xks-proxy',
  ekmVendor: 'Holdfast',
  ekmFleetDetails: [{ id: 'holdfast', model: 'Holdfast', healthStatus: 'ACTIVE' }],
}

async function keyMetadata(dependencies: ProxyDependencies, keyId: string): Promise<object> {
  const { value } = await getKey(dependencies, keyId)
  return { keySpec: 'AES_256', keyUsage: ['ENCRYPT', 'DECRYPT'], keyStatus: value.status }
}

async function encrypt(dependencies: ProxyDependencies, keyId: string, body: RequestBody): Promise<object> {
  const input = parseEncryptInput(body)
  try {
    const sealed = await sealExternally(dependencies.custody, await getEnabledKey(dependencies, keyId), input)
    return {
      ciphertext: toBase64(sealed.ciphertext),
      initializationVector: toBase64(sealed.iv),
      authenticationTag: toBase64(sealed.tag),
      ciphertextMetadata: toBase64(sealed.metadata),
      ...(input.integrity && {
        ciphertextDataIntegrityValue: toBase64(integrityValue(input.aad, sealed)),
      }),
    }
  } finally {
    input.plaintext.fill(0)
  }
}

async function decrypt(dependencies: ProxyDependencies, keyId: string, body: RequestBody): Promise<object> {
  const input = parseDecryptInput(body)
  const plaintext = await openExternally(
    dependencies.custody,
    await getEnabledKey(dependencies, keyId),
    input,
  )
  if (plaintext === undefined) {
    throw new ProxyRefusal('InvalidCiphertextException', 'Ciphertext and key do not belong together.')
  }
  try {
    return { plaintext: toBase64(plaintext) }
  } finally {
    plaintext.fill(0)
  }
}

async function getKey(dependencies: ProxyDependencies, keyId: string): Promise<StoredExternalKey> {
  const { records, account } = dependencies
  const key = records.peek(EXTERNAL_KEY, account, keyId) ?? (await records.get(EXTERNAL_KEY, account, keyId))
  if (key === undefined) throw new ProxyRefusal('KeyNotFoundException', 'There is no such key.')
  return key
}

async function getEnabledKey(dependencies: ProxyDependencies, keyId: string): Promise<StoredExternalKey> {
  const key = await getKey(dependencies, keyId)
  if (key.value.status === 'ENABLED') return key
  throw new ProxyRefusal('InvalidStateException', 'The key is disabled.')
}

/** The refusal for an error: an internal failure carries no detail, which goes to the operational log. */
function refusalOf(dependencies: ProxyDependencies, requestId: string, error: unknown): ProxyRefusal {
  if (error instanceof ProxyRefusal) return error
  const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  const alarm = error instanceof Error && ['IntegrityError', 'KeyringError'].includes(error.name)
  dependencies.log.error(alarm ? `INTEGRITY ALARM: ${why}` : `a call to the proxy failed: ${why}`, {
    requestId,
  })
  return new ProxyRefusal('InternalException', 'The request failed because of an internal error.')
}

/** Records a call's result, and only then returns its answer. */
async function finish(
  dependencies: ProxyDependencies,
  attempt: Attempt,
  end: object | ProxyRefusal,
): Promise<WireResponse> {
  const refusal = end instanceof ProxyRefusal ? end : undefined
  try {
    await record(dependencies, attempt, refusal)
  } catch (error) {
    return refusalResponse(attempt, refusalOf(dependencies, attempt.requestId, error))
  }
  if (refusal !== undefined) {
    const response = refusalResponse(attempt, refusal)
    return attempt.caller === undefined ? { ...response, isCallerUnknown: true } : response
  }
  return {
    status: 200,
    mediaType: XKS_MEDIA_TYPE,
    requestId: attempt.requestId,
    body: JSON.stringify(end),
  }
}

/** Records a call. Callers without a credential could flood the log, so refusals above a rate are only counted. */
async function record(
  dependencies: ProxyDependencies,
  attempt: Attempt,
  refusal: ProxyRefusal | undefined,
): Promise<void> {
  const { caller, call, metadata, request, requestId } = attempt
  if (caller === undefined && !dependencies.admit(request.connection.address)) return
  const cause = refusal?.cause instanceof Error ? ` (${refusal.cause.message})` : ''
  const facts: ProxyCallFacts = {
    account: dependencies.account,
    requestId,
    eventId: dependencies.random.uuid(),
    at: dependencies.clock.now(),
    request,
    name: call?.name ?? 'Unknown',
    accessKeyId: caller?.accessKeyId,
    region: caller?.region ?? 'unknown',
    externalKeyId: call !== undefined && 'keyId' in call ? call.keyId : undefined,
    metadata,
    error: refusal && { code: refusal.code, message: `${refusal.message}${cause}` },
  }
  await dependencies.journal.append(formatProxyEvent(facts))
}

function refusalResponse({ requestId }: Attempt, refusal: ProxyRefusal): WireResponse {
  const body = JSON.stringify({ errorName: refusal.code, errorMessage: refusal.message })
  return { status: refusal.status, mediaType: XKS_MEDIA_TYPE, requestId, body }
}
