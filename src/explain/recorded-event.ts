import type { RecordedIdentity } from '../iam/credentials/recorded-caller.ts'

/** The parts of a call's CloudTrail record that explaining uses. */
export type RecordedEvent = {
  readonly eventID: string
  readonly requestID?: string
  readonly eventTime: string
  readonly eventSource: string
  readonly eventName: string
  readonly eventType?: string
  readonly awsRegion: string
  readonly sourceIPAddress: string
  readonly userAgent?: string
  readonly errorCode?: string
  readonly errorMessage?: string
  readonly userIdentity?: RecordedIdentity
  readonly requestParameters?: RecordedValues | null
  readonly responseElements?: RecordedValues | null
  readonly additionalEventData?: RecordedValues
  readonly resources?: readonly { readonly ARN?: string }[]
  readonly recipientAccountId: string
  readonly tlsDetails?: { readonly tlsVersion?: string; readonly cipherSuite?: string }
}

type RecordedValues = { readonly [name: string]: unknown }

/** The result of a recorded call: denied by a policy, failed for another reason, or allowed. */
export type RecordedResult = 'allowed' | 'refused' | 'failed'

/** Parses a line of the log whose MAC is valid. */
export function parseRecordedEvent(line: string): RecordedEvent {
  return JSON.parse(line) as RecordedEvent
}

/** The result of a call. A dry run that would have succeeded counts as allowed. */
export function resultOf({ errorCode }: RecordedEvent): RecordedResult {
  if (errorCode === undefined || errorCode === 'DryRunOperationException') return 'allowed'
  return errorCode === 'AccessDenied' ? 'refused' : 'failed'
}

/** The recorded reason of a denial; nothing for callers of other accounts. */
export function reasonOf({ additionalEventData }: RecordedEvent): string | undefined {
  const reason = additionalEventData?.['reason']
  return typeof reason === 'string' ? reason : undefined
}

/** The ARNs of a call's resources. */
export function resourcesOf({ resources = [] }: RecordedEvent): readonly string[] {
  return resources.flatMap(({ ARN }) => (ARN === undefined ? [] : [ARN]))
}

/**
 * The ARNs of a call's resources, of which the first is the key of its ciphertext. None when that key may belong
 * to another account: the event of a refused call omits it, and a remaining resource may be the destination key of
 * ReEncrypt.
 */
export function openedFirst(event: RecordedEvent): readonly string[] {
  const named = resourcesOf(event)
  const [only = ''] = named
  const destination = event.requestParameters?.['destinationKeyId']
  if (resultOf(event) === 'allowed' || named.length !== 1 || typeof destination !== 'string') return named
  return isAlias(destination) || only === destination || only.endsWith(`/${destination}`) ? [] : named
}

function isAlias(keyText: string): boolean {
  return /^(?:arn:.*:)?alias\//.test(keyText)
}
