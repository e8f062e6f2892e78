import type { RecordedIdentity } from '../iam/credentials/recorded-caller.ts'

/** A CloudTrail record of a call, as far as explaining looks at it. */
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

/** How a recorded call ended: refused by a policy, failed for another reason, or allowed. */
export type RecordedResult = 'allowed' | 'refused' | 'failed'

/** A line of the log, whose MAC has been checked. */
export function parseRecordedEvent(line: string): RecordedEvent {
  return JSON.parse(line) as RecordedEvent
}

/** How a call ended. A dry run that would have succeeded was allowed. */
export function resultOf({ errorCode }: RecordedEvent): RecordedResult {
  if (errorCode === undefined || errorCode === 'DryRunOperationException') return 'allowed'
  return errorCode === 'AccessDenied' ? 'refused' : 'failed'
}

/** Why a call was refused, as recorded; nothing for callers of other accounts. */
export function reasonOf({ additionalEventData }: RecordedEvent): string | undefined {
  const reason = additionalEventData?.['reason']
  return typeof reason === 'string' ? reason : undefined
}

/** The ARNs of what a call was done to. */
export function resourcesOf({ resources = [] }: RecordedEvent): readonly string[] {
  return resources.flatMap(({ ARN }) => (ARN === undefined ? [] : [ARN]))
}

/**
 * The ARNs of what a call was done to, of which the first is the key of its ciphertext; none when that may have been
 * another account's, which the event of a refused call leaves out: then all that is left may be what ReEncrypt was to
 * encrypt under.
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
