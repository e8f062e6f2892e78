import { INSIGHT_EVENT_TYPE } from '../insights/detector/record.ts'
import type { Touch, UseEntry } from '../store/index-port.ts'
import type { EventRecord, Identity } from './event-record.ts'
import { attributeTerms, insightTerms, scopeTerm } from './terms.ts'

/**
 * The operations whose last success a key remembers.
 * Source: AWS KMS API Reference, "GetKeyLastUsage", KeyLastUsageTrackingOperation.
 */
export const TRACKED: ReadonlySet<string> = new Set([
  ...['Decrypt', 'DeriveSharedSecret', 'Encrypt', 'Encapsulate', 'Decapsulate', 'GenerateDataKey'],
  ...['GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext', 'GenerateDataKeyWithoutPlaintext'],
  ...['GenerateMac', 'ReEncrypt', 'Sign', 'Verify', 'VerifyMac'],
])
/** How events name this service. */
export const KMS_SOURCE = 'kms.amazonaws.com'
/** Parameters that say what a call costs, the most telling first. */
const VARIANTS = [
  'keyPairSpec',
  'signingAlgorithm',
  'macAlgorithm',
  'encryptionAlgorithm',
  'keyAgreementAlgorithm',
]
const KEY_ARN = /^arn:[^:]*:kms:[^:]*:[^:]*:key\//

/** Whether a record tells of something unusual, and not of a call. */
export function isInsight({ eventType }: EventRecord): boolean {
  return eventType === INSIGHT_EVENT_TYPE
}

/** Whether an event is a copy for another account than the caller's: the call is counted once, in the caller's. */
export function isCopy({
  userIdentity,
  recipientAccountId,
}: Pick<EventRecord, 'userIdentity' | 'recipientAccountId'>): boolean {
  const { accountId = recipientAccountId } = userIdentity ?? {}
  return accountId !== recipientAccountId
}

/** Everything that an event is found by. */
export function termsOf(event: EventRecord): readonly string[] {
  if (isInsight(event)) return insightTerms(event)
  return [scopeTerm(event.recipientAccountId, event.awsRegion), ...attributeTerms(event)]
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

/** What an event counts for: one entry for each key, or one without a key. */
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
  }))
}

/**
 * How an event touches one of its keys. ReEncrypt names the material of either key; where both are the same key,
 * what counts is what was opened.
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

/** Hexadecimal digits. Source: AWS KMS API Reference, "KeyMaterialId". */
const MATERIAL_MAX_CHARS = 64
/** An IPv6 address with a zone, or the name of a service. */
const ADDRESS_MAX_CHARS = 64

/** The user, role or account that a call is counted for: sessions of a role are counted together. */
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
