import type { EventRecord, Identity } from './event-record.ts'

/** The attributes of lookups. Source: AWS CloudTrail API Reference, "LookupAttribute". */
export const LOOKUP_ATTRIBUTES = [
  'EventId',
  'EventName',
  'ReadOnly',
  'Username',
  'ResourceType',
  'ResourceName',
  'EventSource',
  'AccessKeyId',
] as const

/** One of {@link LOOKUP_ATTRIBUTES}. */
export type LookupAttribute = (typeof LOOKUP_ATTRIBUTES)[number]

/**
 * The maximum length of an indexed value in UTF-16 units; a longer one is truncated, and finds every value with
 * the same beginning.
 */
const VALUE_MAX_CHARS = 512
/** The maximum number of indexed resources of an event. */
const RESOURCES_MAX = 64

/** The term of all events of an account in a region. */
export function scopeTerm(account: string, region: string): string {
  return `${account}/${region}`
}

/** The term of all insights of an account in a region, which queries for calls do not match. */
export function insightScopeTerm(account: string, region: string): string {
  return `${scopeTerm(account, region)}\ninsight`
}

/** How events name a refusal by policies. */
const REFUSED = 'AccessDenied'

/** Whether an event is a call that policies refused. */
export function isRefusal({ eventType, errorCode }: Pick<EventRecord, 'eventType' | 'errorCode'>): boolean {
  return eventType === 'AwsApiCall' && errorCode === REFUSED
}

/** The term of the refused calls of an account in a region: of all, or of one principal, as usage counts it. */
export function refusalTerm(scope: string, principal: string | undefined): string {
  return principal === undefined
    ? `${scope}\nrefused`
    : `${scope}\nrefused\n${principal.slice(0, VALUE_MAX_CHARS)}`
}

/** The terms of an insight. Source: AWS CloudTrail User Guide, "Viewing Insights events with the AWS CLI". */
export function insightTerms({
  recipientAccountId,
  awsRegion,
  insightDetails,
}: EventRecord): readonly string[] {
  const scope = insightScopeTerm(recipientAccountId, awsRegion)
  if (insightDetails === undefined) return [scope]
  const { eventName, eventSource } = insightDetails
  return [
    scope,
    attributeTerm(scope, 'EventName', eventName),
    attributeTerm(scope, 'EventSource', eventSource),
  ]
}

/** The term of the events with an attribute's value in an account and region. */
export function attributeTerm(scope: string, attribute: LookupAttribute, value: string): string {
  return `${scope}\n${attribute}\n${value.slice(0, VALUE_MAX_CHARS)}`
}

/** The distinct terms of an event, except that of its scope. Event IDs have their own table. */
export function attributeTerms(event: EventRecord): readonly string[] {
  const scope = scopeTerm(event.recipientAccountId, event.awsRegion)
  const terms = new Set<string>()
  const add = (attribute: LookupAttribute, value: string | undefined): void => {
    if (value !== undefined && value !== '') terms.add(attributeTerm(scope, attribute, value))
  }
  add('EventName', event.eventName)
  add('EventSource', event.eventSource)
  add('ReadOnly', String(event.readOnly))
  add('Username', userNameOf(event.userIdentity))
  add('AccessKeyId', event.userIdentity?.accessKeyId)
  for (const { ARN = '', type } of event.resources?.slice(0, RESOURCES_MAX) ?? []) {
    add('ResourceType', type)
    add('ResourceName', ARN)
    add('ResourceName', shortName(ARN))
  }
  return [...terms]
}

/**
 * The user name of an event: the user, the role's session, `root`, or the service. Source: AWS CloudTrail User
 * Guide, "Viewing events".
 */
export function userNameOf(identity: Identity | undefined): string | undefined {
  if (identity === undefined) return undefined
  const { type, userName, arn = '', invokedBy } = identity
  switch (type) {
    case 'Root':
      return userName ?? 'root'
    case 'AssumedRole':
      return arn.slice(arn.lastIndexOf('/') + 1) || undefined
    case 'FederatedUser':
      return arn.slice(arn.indexOf('/') + 1) || undefined
    default:
      return userName ?? invokedBy
  }
}

/** The key ID or alias name of an ARN. */
function shortName(arn: string): string {
  const resource = arn.split(':').slice(5).join(':')
  return resource.startsWith('key/') ? resource.slice('key/'.length) : resource
}
