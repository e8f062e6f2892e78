import type { EpochMs } from '../../base/ports.ts'
import { cutText, JSON_NULL, type JsonText, limitJson, limitMembers } from './event-text.ts'

/** The version of the CloudTrail record. Source: CloudTrail User Guide, "Record contents". */
const EVENT_VERSION = '1.11'
/** Sizes in bytes. Source: CloudTrail User Guide, "Record contents" (1 KB, 100 KB, 28 KB, 256 KB). */
export const EVENT_TEXT_MAX_BYTES = 1024
/** Of requestParameters, responseElements and serviceEventDetails, each. */
export const EVENT_PARAMETERS_MAX_BYTES = 102_400
/** Of requestParameters of a failed call: a call that changes nothing must not fill a disk. */
export const EVENT_FAILED_PARAMETERS_MAX_BYTES = 2048
/** Of additionalEventData. */
export const EVENT_ADDITIONAL_MAX_BYTES = 28_672
/** Of a whole record. */
export const EVENT_MAX_BYTES = 262_144

type EventValues = { readonly [name: string]: unknown }

/** The fields of a record, in the order of the record. */
export type EventFields = {
  /** Equal for all calls of a caller, as JSON text. */
  readonly userIdentity: JsonText
  /** When the call ended. */
  readonly at: EpochMs
  /** `kms.amazonaws.com` and the like. */
  readonly source: string
  /** The operation. */
  readonly name: string
  readonly region: string
  readonly sourceAddress: string
  readonly userAgent: string | undefined
  /** Only for a failed call. A failed sign-in has no code. */
  readonly error?: EventError | undefined
  readonly request: EventValues | null
  readonly response: EventValues | null
  readonly additional?: EventValues | undefined
  readonly requestId: string | undefined
  readonly eventId: string
  readonly readOnly: boolean
  /** None for operations without a resource. */
  readonly resources?: readonly EventResource[] | undefined
  readonly type: 'AwsApiCall' | 'AwsServiceEvent' | 'AwsConsoleSignIn'
  /** The account whose log this copy is in. */
  readonly recipient: string
  /** Equal in each account that gets a copy of the event. */
  readonly sharedEventId?: string | undefined
  readonly serviceEventDetails?: EventValues | undefined
  /** Equal for all calls of a connection, as JSON text. */
  readonly tlsDetails?: JsonText | undefined
  /** Whether it is a data event, and no management event. */
  readonly isData?: boolean | undefined
  /** Whether the call was made with credentials of a session of the web console. */
  readonly isConsole?: boolean | undefined
}

type EventError = { readonly code: string | undefined; readonly message: string }

type EventResource = { readonly account: string; readonly arn: string; readonly type?: string }

/** The TLS facts of a connection in a record. */
export type TlsDetails = {
  /** `TLSv1.3` and the like. */
  readonly version: string
  readonly cipherSuite: string
  readonly host: string
}

/** A connection's `tlsDetails`, for all its calls. */
export function formatTlsDetails({ version, cipherSuite, host }: TlsDetails): JsonText {
  const clientProvidedHostHeader = cutText(host, EVENT_TEXT_MAX_BYTES)
  return JSON.stringify({ tlsVersion: version, cipherSuite, clientProvidedHostHeader })
}

/**
 * A CloudTrail record as JSON on one line, of at most {@link EVENT_MAX_BYTES}. Values that are too long are
 * cut, or replaced by a marker with their length.
 *
 * Source: CloudTrail User Guide, "Record contents for management, data, and network activity events".
 */
export function formatEvent(fields: EventFields): string {
  const { request, response, additional, serviceEventDetails } = fields
  const values: Values = {
    request: requestJson(request, fields.error !== undefined),
    response: limitJson(valueJson(response), EVENT_PARAMETERS_MAX_BYTES),
    additional: limitJson(valueJson(additional), EVENT_ADDITIONAL_MAX_BYTES),
    service: limitJson(valueJson(serviceEventDetails), EVENT_PARAMETERS_MAX_BYTES),
  }
  const text = join(fields, values, resourcesJson(fields.resources))
  return limitJson(text, EVENT_MAX_BYTES) === text ? text : formatShort(fields, values)
}

/** The values of a record as JSON text. */
type Values = {
  readonly request: JsonText
  readonly response: JsonText
  readonly additional: JsonText
  readonly service: JsonText
}

/** Leaves out large values, one after the other, until the record is short enough. */
function formatShort(fields: EventFields, values: Values): string {
  let kept = values
  for (const name of ['request', 'response', 'service', 'additional'] as const) {
    kept = { ...kept, [name]: limitJson(kept[name], EVENT_TEXT_MAX_BYTES) }
    const text = join(fields, kept, resourcesJson(fields.resources))
    if (limitJson(text, EVENT_MAX_BYTES) === text) return text
  }
  return join(fields, kept, resourcesJson(fields.resources?.slice(0, RESOURCES_KEPT)))
}

/** Resources that remain in a record that is otherwise too long. */
const RESOURCES_KEPT = 32

function requestJson(request: EventValues | null, failed: boolean): JsonText {
  if (failed && request !== null) return limitMembers(request, EVENT_FAILED_PARAMETERS_MAX_BYTES)
  return limitJson(valueJson(request), EVENT_PARAMETERS_MAX_BYTES)
}

function join(fields: EventFields, values: Values, resources: JsonText): string {
  const { error, sharedEventId, tlsDetails, requestId } = fields
  let text = `{"eventVersion":"${EVENT_VERSION}","userIdentity":${fields.userIdentity},"eventTime":"${eventTime(fields.at)}`
  text += `","eventSource":"${fields.source}","eventName":${JSON.stringify(fields.name)},"awsRegion":${JSON.stringify(fields.region)}`
  text += `,"sourceIPAddress":${JSON.stringify(fields.sourceAddress)}`
  if (fields.userAgent !== undefined) text += `,"userAgent":${textJson(fields.userAgent)}`
  if (error !== undefined) text += errorJson(error)
  text += `,"requestParameters":${values.request},"responseElements":${values.response}`
  if (values.additional !== JSON_NULL) text += `,"additionalEventData":${values.additional}`
  if (requestId !== undefined) text += `,"requestID":${JSON.stringify(requestId)}`
  text += `,"eventID":"${fields.eventId}","readOnly":${fields.readOnly}${resources},"eventType":"${fields.type}`
  text += `","managementEvent":${fields.isData !== true},"recipientAccountId":"${fields.recipient}"`
  if (sharedEventId !== undefined) text += `,"sharedEventID":${JSON.stringify(sharedEventId)}`
  if (values.service !== JSON_NULL) text += `,"serviceEventDetails":${values.service}`
  text += fields.isData === true ? ',"eventCategory":"Data"' : ',"eventCategory":"Management"'
  if (tlsDetails !== undefined) text += `,"tlsDetails":${tlsDetails}`
  // Source: CloudTrail User Guide, "Record contents", sessionCredentialFromConsole: a text, and only when true.
  if (fields.isConsole === true) text += ',"sessionCredentialFromConsole":"true"'
  return `${text}}`
}

function errorJson({ code, message }: EventError): JsonText {
  if (code === undefined) return `,"errorMessage":${textJson(message)}`
  // Source: CloudTrail records of AWS KMS: this code alone is written without its suffix.
  const logged = code === 'AccessDeniedException' ? 'AccessDenied' : code
  const text = `,"errorCode":${textJson(logged)}`
  return message === '' ? text : `${text},"errorMessage":${textJson(message)}`
}

function resourcesJson(resources: readonly EventResource[] | undefined): JsonText {
  if (resources === undefined || resources.length === 0) return ''
  let text = ',"resources":['
  let separator = ''
  for (const { account, arn, type = 'AWS::KMS::Key' } of resources) {
    text += `${separator}{"accountId":${JSON.stringify(account)},"type":${JSON.stringify(type)},"ARN":${JSON.stringify(arn)}}`
    separator = ','
  }
  return `${text}]`
}

function textJson(text: string): JsonText {
  return JSON.stringify(cutText(text, EVENT_TEXT_MAX_BYTES))
}

function valueJson(values: EventValues | null | undefined): JsonText {
  return values === null || values === undefined ? JSON_NULL : JSON.stringify(values)
}

const SECOND_MS = 1000
const lastTime = { second: Number.NaN, text: '' }

/** `2026-11-24T03:41:54Z`; computed once a second. */
function eventTime(at: EpochMs): string {
  const second = Math.floor(at / SECOND_MS)
  if (second !== lastTime.second) {
    lastTime.second = second
    lastTime.text = `${new Date(second * SECOND_MS).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}Z`
  }
  return lastTime.text
}
