import type { LookupQuestion } from '../audit-index/lookup.ts'
import type { GiveWay } from '../base/slices.ts'
import type { PassedToSession } from '../iam/credentials/recorded-caller.ts'
import type { Federation } from '../iam/sessions/session-token.ts'
import type { EventSource } from './explain-dependencies.ts'
import { parseRecordedEvent, type RecordedEvent } from './recorded-event.ts'

/** The arguments from which a session was created, and what is unknown of them. */
export type SessionOrigin = {
  readonly passed: PassedToSession
  /** Unknown facts of the origin. */
  readonly unknown: readonly string[]
}

/** The maximum number of cached origins. */
const KNOWN_MAX = 1000
/** The maximum duration of creating a session; events have the second in which a call ended. */
const MAKING_SECONDS = 60
/** The number of events in a page. */
const PAGE_EVENTS = 200
/** The maximum number of considered pages of sessions of one role in that time, account and region. */
const PAGES_MAX = 5
const NOTHING_PASSED: PassedToSession = { policy: undefined, policyArns: [], tags: [] }

/**
 * Finds in the audit log how sessions of roles were created. Holdfast stores nothing about a session, but records
 * the call that created it, with the access key that it returned.
 */
export class SessionOrigins {
  readonly #events: EventSource
  readonly #giveWay: GiveWay
  readonly #known = new Map<string, SessionOrigin>()

  constructor(events: EventSource, giveWay: GiveWay) {
    this.#events = events
    this.#giveWay = giveWay
  }

  /** The origin of the session that made a call; empty for callers without a session. */
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
      const question = { ...scope, attribute, fromSecond: second, toSecond: second + MAKING_SECONDS }
      const made = await this.#findMaking(question, accessKeyId)
      if (made !== undefined) return originIn(made)
    }
    return UNKNOWN
  }

  /** The event of the call that has made a session, among the first of those that may be it. */
  async #findMaking(
    question: Omit<LookupQuestion, 'limit'>,
    accessKeyId: string,
  ): Promise<RecordedEvent | undefined> {
    let after: number | undefined
    for (let pages = 0; pages < PAGES_MAX; pages += 1) {
      const { events, next } = await this.#events.lookup({ ...question, after, limit: PAGE_EVENTS })
      for (const line of events) {
        await this.#giveWay()
        const event = parseRecordedEvent(line)
        if (madeKey(event) === accessKeyId) return event
      }
      if (next === undefined) break
      after = next
    }
    return undefined
  }
}

/** The attribute of a lookup of events. */
type LookupAttribute = NonNullable<LookupQuestion['attribute']>

type SessionContext = NonNullable<NonNullable<RecordedEvent['userIdentity']>['sessionContext']>

/** The attribute that finds the call that created a session: a role is its resource, a federated user is not. */
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

/** The subject and audience of a session's web identity token, as condition keys. */
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
