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

/** The ways to sign in. */
type SignInMethod = 'Link' | 'Password' | 'Passkey' | 'OpenIDConnect'

/** The facts of a sign-in attempt, a step of one, or a sign-out. */
export type SignInFacts = {
  readonly name: 'ConsoleLogin' | 'CheckMfa' | 'PasswordUpdated' | 'Logout'
  readonly request: WireRequest
  /** Absent when the user is unknown. */
  readonly who: SignedIn | undefined
  /** The account in which an unknown user was looked for; absent when it is unknown too. */
  readonly triedAccount?: string | undefined
  readonly method?: SignInMethod
  /** The MFA device that was used. */
  readonly mfaSerial?: string | undefined
  /** The kind of MFA device that is asked for. */
  readonly mfaType?: 'Virtual MFA' | 'U2F MFA'
  /** The reason of a failure; absent for a success. */
  readonly failure?: string
}

/** CloudTrail's name of the sign-in service. Source: CloudTrail User Guide, "AWS Management Console sign-in events". */
const SOURCE = 'signin.amazonaws.com'
/** What events show of names that are no user's: somebody may have typed a password there. Source: as above. */
const HIDDEN_NAME = 'HIDDEN_DUE_TO_SECURITY_REASONS'

/** Returns the CloudTrail record of a sign-in or sign-out. Source: as above. */
export function signInEvent(dependencies: SignInEventDependencies, facts: SignInFacts): FormattedEvent {
  const { name, request, who, failure, triedAccount } = facts
  const id = dependencies.random.uuid()
  const { connection, rawHeaders } = request
  const { tls } = connection
  const host = findHeader(rawHeaders, 'host') ?? ''
  const json = formatEvent({
    userIdentity: JSON.stringify(identityOf(facts)),
    at: dependencies.clock.now(),
    source: SOURCE,
    name,
    region: dependencies.region,
    sourceAddress: connection.address,
    userAgent: findHeader(rawHeaders, 'user-agent'),
    ...(failure !== undefined && { error: { code: undefined, message: failure } }),
    request: null,
    response: { [name]: failure === undefined ? 'Success' : 'Failure' },
    additional: additionalOf(facts),
    requestId: undefined,
    eventId: id,
    readOnly: false,
    type: 'AwsConsoleSignIn',
    recipient: who?.account ?? triedAccount ?? dependencies.account,
    tlsDetails: tls && formatTlsDetails({ ...tls, host }),
  })
  return { id, json }
}

function additionalOf({
  name,
  method,
  mfaSerial,
  mfaType,
}: SignInFacts): { readonly [name: string]: string } | undefined {
  if (name === 'CheckMfa') return mfaType && { MfaType: mfaType }
  if (name !== 'ConsoleLogin') return undefined
  const mfa = mfaSerial === undefined ? { MFAUsed: 'No' } : { MFAIdentifier: mfaSerial, MFAUsed: 'Yes' }
  return { LoginTo: '/console/', MobileVersion: 'No', ...mfa, SignInMethod: method ?? 'Link' }
}

function identityOf({ who, triedAccount, failure }: SignInFacts): object {
  if (who === undefined) {
    return triedAccount === undefined
      ? { type: 'Unknown' }
      : { type: 'IAMUser', accountId: triedAccount, accessKeyId: '', userName: HIDDEN_NAME }
  }
  const { account, arn, user, role } = who
  if (role !== undefined) return role.identity
  if (user === undefined)
    return { type: 'Root', principalId: account, arn, accountId: account, accessKeyId: '' }
  const principalId = user.id
  return failure === undefined
    ? { type: 'IAMUser', principalId, arn, accountId: account, userName: user.name }
    : { type: 'IAMUser', principalId, accountId: account, accessKeyId: '', userName: user.name }
}
