import { INSIGHT_EVENT_TYPE } from '../insights/detector/record.ts'
import type { Touch, UseEntry } from '../store/index-port.ts'
import type { EventRecord, Identity } from './event-record.ts'
import { attributeTerms, insightTerms, isRefusal, refusalTerm, scopeTerm } from './terms.ts'

/**
 * The operations that count as the last usage of a key.
 * Source: AWS KMS API Reference, "GetKeyLastUsage", KeyLastUsageTrackingOperation.
 */
export const TRACKED: ReadonlySet<string> = new Set([
  ...['Decrypt', 'DeriveSharedSecret', 'Encrypt', 'Encapsulate', 'Decapsulate', 'GenerateDataKey'],
  ...['GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext', 'GenerateDataKeyWithoutPlaintext'],
  ...['GenerateMac', 'ReEncrypt', 'Sign', 'Verify', 'VerifyMac'],
])
/** The event source of KMS. */
export const KMS_SOURCE = 'kms.amazonaws.com'
/** Parameters that determine the price of a call, the most specific first. */
const VARIANTS = [
  'keyPairSpec',
  'signingAlgorithm',
  'macAlgorithm',
  'encryptionAlgorithm',
  'keyAgreementAlgorithm',
]
const KEY_ARN = /^arn:[^:]*:kms:[^:]*:[^:]*:key\//

/** Whether a record is an insight and not a call. */
export function isInsight({ eventType }: EventRecord): boolean {
  return eventType === INSIGHT_EVENT_TYPE
}

/** Whether an event is a copy for the key's account: a call counts once, in the caller's account. */
export function isCopy({
  userIdentity,
  recipientAccountId,
}: Pick<EventRecord, 'userIdentity' | 'recipientAccountId'>): boolean {
  const { accountId = recipientAccountId } = userIdentity ?? {}
  return accountId !== recipientAccountId
}

/** The search terms of an event. */
export function termsOf(event: EventRecord): readonly string[] {
  if (isInsight(event)) return insightTerms(event)
  const scope = scopeTerm(event.recipientAccountId, event.awsRegion)
  const refusals = isRefusal(event)
    ? [refusalTerm(scope, undefined), refusalTerm(scope, principalOf(event.userIdentity))]
    : []
  return [scope, ...attributeTerms(event), ...refusals]
}

const ID_DIGITS = 12

/** The first 48 bits of a UUID as a number. */
export function idPrefixOf(eventId: string): number {
  const prefix = Number.parseInt(eventId.replaceAll('-', '').slice(0, ID_DIGITS), 16)
  return Number.isNaN(prefix) ? 0 : prefix
}

/** The ARNs of the keys that an event names, each once. */
export function keysOf({ resources = [] }: EventRecord): readonly string[] {
  return [...new Set(resources.map(({ ARN = '' }) => ARN).filter((arn) => KEY_ARN.test(arn)))]
}

/** The usage entries of an event: one for each key, or one without a key. */
export function usesOf(event: EventRecord): readonly UseEntry[] {
  if (isInsight(event) || isCopy(event)) return []
  const { eventName, eventSource, errorCode } = event
  const failed = errorCode !== undefined
  const tracked = !failed && eventSource === KMS_SOURCE && TRACKED.has(eventName)
  const keys = keysOf(event)
  const one = {
    account: event.recipientAccountId,
    region: event.awsRegion,
    principal: principalOf(event.userIdentity),
    source: eventSource,
    operation: eventName,
    variant: variantOf(event.requestParameters),
  }
  if (keys.length === 0) return [{ series: { ...one, key: '' }, failed, isLast: false }]
  return keys.map((key) => ({
    series: { ...one, key },
    failed,
    touch: touchOf(event, key),
    isLast: tracked,
    isLook: isLook(event),
  }))
}

/**
 * Whether a call only reads about a key, for a page of the web console. The event says that the credentials are those of the
 * console; a cryptographic call is a use of the key also there.
 */
function isLook({ sessionCredentialFromConsole, readOnly, eventName }: EventRecord): boolean {
  return sessionCredentialFromConsole === 'true' && readOnly && !TRACKED.has(eventName)
}

/**
 * The effect of an event on one of its keys. ReEncrypt names the key materials of both keys; if they are the same
 * key, the decrypting one counts.
 */
function touchOf(
  { eventName, additionalEventData, sourceIPAddress = '', resources = [] }: EventRecord,
  key: string,
): Touch {
  const one = { address: sourceIPAddress.slice(0, ADDRESS_MAX_CHARS) }
  const materialOf = (name: string): string => {
    const id = additionalEventData?.[name]
    return typeof id === 'string' ? id.slice(0, MATERIAL_MAX_CHARS) : ''
  }
  if (eventName !== 'ReEncrypt')
    return { ...one, material: materialOf('keyMaterialId'), opened: eventName === 'Decrypt' }
  const opened = resources[0]?.ARN === key
  return { ...one, material: materialOf(opened ? 'sourceKeyMaterialId' : 'destinationKeyMaterialId'), opened }
}

/** The length of a key material ID in hexadecimal digits. Source: AWS KMS API Reference, "KeyMaterialId". */
const MATERIAL_MAX_CHARS = 64
/** The maximum length of a source address: an IPv6 address with a zone, or the name of a service. */
const ADDRESS_MAX_CHARS = 64

/** The user, role or account to which a call is attributed; the sessions of a role count as the role. */
export function principalOf(identity: Identity = {}): string {
  const { sessionContext, arn, invokedBy, accountId } = identity
  return sessionContext?.sessionIssuer?.arn ?? arn ?? invokedBy ?? accountId ?? ''
}

function variantOf(parameters: EventRecord['requestParameters']): string {
  for (const name of VARIANTS) {
    const value = parameters?.[name]
    if (typeof value === 'string') return value
  }
  return ''
}
