import { formatEvent, formatTlsDetails } from '../audit/events/event.ts'
import type { FormattedEvent } from '../audit/events/service-event.ts'
import type { Clock, Random } from '../base/ports.ts'
import { findHeader, type WireRequest } from '../dispatch/wire.ts'
import type { SignedIn } from './console-sessions.ts'

/** The dependencies of sign-in events. */
export type SignInEventDependencies = {
  readonly clock: Clock
  readonly random: Random
  /** The region in the events. */
  readonly region: string
  /** The account whose log records attempts of unknown users. */
  readonly account: string
}

/** The facts of a sign-in attempt or a sign-out. */
export type SignInFacts = {
  readonly name: 'ConsoleLogin' | 'Logout'
  readonly request: WireRequest
  /** Absent when the user is unknown. */
  readonly who: SignedIn | undefined
  /** The reason of a failure; absent for a success. */
  readonly failure?: string
}

/** CloudTrail's name of the sign-in service. Source: CloudTrail User Guide, "AWS Management Console sign-in events". */
const SOURCE = 'signin.amazonaws.com'

/** Returns the CloudTrail record of a sign-in or sign-out. Source: as above. */
export function signInEvent(
  dependencies: SignInEventDependencies,
  { name, request, who, failure }: SignInFacts,
): FormattedEvent {
  const id = dependencies.random.uuid()
  const { connection, rawHeaders } = request
  const { tls } = connection
  const host = findHeader(rawHeaders, 'host') ?? ''
  const outcome = failure === undefined ? 'Success' : 'Failure'
  const json = formatEvent({
    userIdentity: JSON.stringify(identityOf(who)),
    at: dependencies.clock.now(),
    source: SOURCE,
    name,
    region: dependencies.region,
    sourceAddress: connection.address,
    userAgent: findHeader(rawHeaders, 'user-agent'),
    ...(failure !== undefined && { error: { code: 'Failed authentication', message: failure } }),
    request: null,
    response: { [name]: outcome },
    ...(name === 'ConsoleLogin' && {
      additional: { LoginTo: '/console/', MobileVersion: 'No', MFAUsed: 'No', SignInMethod: 'Link' },
    }),
    requestId: undefined,
    eventId: id,
    readOnly: false,
    type: 'AwsConsoleSignIn',
    recipient: who?.account ?? dependencies.account,
    tlsDetails: tls && formatTlsDetails({ ...tls, host }),
  })
  return { id, json }
}

function identityOf(who: SignedIn | undefined): object {
  if (who === undefined) return { type: 'Unknown' }
  const { account, arn, user } = who
  return user === undefined
    ? { type: 'Root', principalId: account, arn, accountId: account, accessKeyId: '' }
    : { type: 'IAMUser', principalId: user.id, arn, accountId: account, userName: user.name }
}
