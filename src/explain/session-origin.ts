import type { LookupQuestion } from '../audit-index/lookup.ts'
import type { PassedToSession } from '../iam/credentials/recorded-caller.ts'
import type { Federation } from '../iam/sessions/session-token.ts'
import type { EventSource } from './explain-dependencies.ts'
import { parseRecordedEvent, type RecordedEvent } from './recorded-event.ts'

/** What was passed to a session, and whether that is all. */
export type SessionOrigin = {
  readonly passed: PassedToSession
  /** What is not known of it. */
  readonly unknown: readonly string[]
}

/** Sessions whose origin is remembered. */
const KNOWN_MAX = 1000
/** An event has the second in which its call ended; making a session takes no longer than this. */
const MAKING_SECONDS = 60
/** Sessions of one role made in that time, in one account and region, that are looked at. */
const LOOKED_AT_MAX = 1000
const NOTHING_PASSED: PassedToSession = { policy: undefined, policyArns: [], tags: [] }

/**
 * Finds in the audit log what was passed to sessions of roles when they were made: nothing is stored of a session,
 * but the call that made it is recorded, with the access key that it gave.
 */
export class SessionOrigins {
  readonly #events: EventSource
  readonly #known = new Map<string, SessionOrigin>()

  constructor(events: EventSource) {
    this.#events = events
  }

  /** What was passed to the session that has made a call; nothing for callers to whom nothing could be. */
  async find({ userIdentity: identity = {} }: RecordedEvent): Promise<SessionOrigin> {
    const { type, accessKeyId = '', sessionContext = {} } = identity
    if (type !== 'AssumedRole' && type !== 'FederatedUser') return { passed: NOTHING_PASSED, unknown: [] }
    const known = this.#known.get(accessKeyId)
    if (known !== undefined) return known
    const found = await this.#search(accessKeyId, sessionContext, attributeOf(type, sessionContext))
    if (this.#known.size >= KNOWN_MAX) this.#known.clear()
    this.#known.set(accessKeyId, found)
    return found
  }

  async #search(
    accessKeyId: string,
    { attributes }: SessionContext,
    attribute: LookupAttribute | undefined,
  ): Promise<SessionOrigin> {
    const second = Math.floor(Date.parse(attributes?.creationDate ?? '') / 1000)
    if (Number.isNaN(second) || attribute === undefined) return UNKNOWN
    for (const scope of await this.#events.scopes()) {
      const { events } = await this.#events.lookup({
        ...scope,
        attribute,
        fromSecond: second,
        toSecond: second + MAKING_SECONDS,
        limit: LOOKED_AT_MAX,
      })
      const made = events.map(parseRecordedEvent).find((event) => madeKey(event) === accessKeyId)
      if (made !== undefined) return originIn(made)
    }
    return UNKNOWN
  }
}

/** What events are looked up by. */
type LookupAttribute = NonNullable<LookupQuestion['attribute']>

type SessionContext = NonNullable<NonNullable<RecordedEvent['userIdentity']>['sessionContext']>

/** What the call that made a session is found by: the role is its resource, a federated user is not. */
function attributeOf(
  type: 'AssumedRole' | 'FederatedUser',
  { sessionIssuer }: SessionContext,
): LookupAttribute | undefined {
  if (type === 'FederatedUser') return { name: 'EventName', value: 'GetFederationToken' }
  return sessionIssuer?.arn === undefined ? undefined : { name: 'ResourceName', value: sessionIssuer.arn }
}

const UNKNOWN: SessionOrigin = {
  passed: NOTHING_PASSED,
  unknown: ['session policies and session tags: the call that made the session is not in the audit log'],
}

function madeKey({ responseElements }: RecordedEvent): unknown {
  return memberOf(memberOf(responseElements, 'credentials'), 'accessKeyId')
}

function originIn({ requestParameters, userIdentity }: RecordedEvent): SessionOrigin {
  const policy = memberOf(requestParameters, 'policy')
  const passed: PassedToSession = {
    policy: typeof policy === 'string' ? policy : undefined,
    policyArns: textsOf(memberOf(requestParameters, 'policyArns'), ['arn']).map(({ arn = '' }) => arn),
    tags: textsOf(memberOf(requestParameters, 'tags'), ['key', 'value']).map(({ key = '', value = '' }) => ({
      key,
      value,
    })),
    ...federationIn(userIdentity),
  }
  switch (userIdentity?.type) {
    case 'AssumedRole':
      return { passed, unknown: ['tags that the session inherited from the one that made it'] }
    case 'WebIdentityUser':
      return { passed, unknown: ['what the token said beside its subject and audience'] }
    default:
      return { passed, unknown: [] }
  }
}

const PROVIDER = ':oidc-provider/'

/** The subject and audience of the token that a session was made with, as condition keys. */
function federationIn(identity: RecordedEvent['userIdentity']): { readonly federation?: Federation } {
  const { type, principalId = '' } = identity ?? {}
  const [provider, subject] = [memberOf(identity, 'identityProvider'), memberOf(identity, 'userName')]
  if (type !== 'WebIdentityUser' || typeof provider !== 'string' || typeof subject !== 'string') return {}
  const issuer = provider.slice(provider.indexOf(PROVIDER) + PROVIDER.length).toLowerCase()
  const audience = principalId.slice(provider.length + 1, -subject.length - 1)
  return {
    federation: [
      [`${issuer}:aud`, audience],
      [`${issuer}:sub`, subject],
    ],
  }
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.getOwnPropertyDescriptor(value, name)?.value
    : undefined
}

function textsOf(list: unknown, names: readonly string[]): readonly Readonly<Record<string, string>>[] {
  if (!Array.isArray(list)) return []
  return list.map((item) =>
    Object.fromEntries(names.map((name) => [name, String(memberOf(item, name) ?? '')])),
  )
}
