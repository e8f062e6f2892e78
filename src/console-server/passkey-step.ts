import { accountRootArn } from '../api/arn.ts'
import { KmsError } from '../api/errors.ts'
import type { WireRequest } from '../dispatch/wire.ts'
import { pathedArn } from '../iam/entities/arns.ts'
import type { UserValue } from '../iam/iam-records.ts'
import { retryConflicts } from '../store/retry.ts'
import { beginSession, type SignedIn } from './console-sessions.ts'
import { type ConsoleAnswer, json } from './console-site.ts'
import { originOf, parseAssertion } from './passkey-answer.ts'
import { signInEvent } from './sign-in-event.ts'
import {
  commitSession,
  parseTexts,
  recordFailedSignIn,
  type SignInDependencies,
  sessionBegun,
} from './sign-in-steps.ts'

/** Gives the page a challenge for a sign-in with a passkey. */
export async function passkeyStart({ passkeyRequest, clock }: SignInDependencies): Promise<ConsoleAnswer> {
  return json(200, { signedIn: false, passkey: passkeyRequest(clock.now()) })
}

/** Signs in the user, or the root user, to whom a passkey belongs. The passkey verifies its user: it counts as MFA. */
export async function passkeyStep(
  dependencies: SignInDependencies,
  request: WireRequest,
): Promise<ConsoleAnswer> {
  const { address } = request.connection
  const method = 'Passkey'
  let who: SignedIn | undefined
  try {
    return await dependencies.countSignIn({ address, requestId: dependencies.random.uuid() }, async () => {
      const assertion = parseAssertion(parseTexts(request, ['passkey']).passkey)
      // Of two requests with one challenge, the second finds a conflict, tries again, and is refused.
      return await retryConflicts(dependencies.records, async () => {
        const now = dependencies.clock.now()
        const use = { assertion, origin: originOf(request), now }
        const result = await dependencies.signInByPasskey(use)
        const { account, user } = result
        who = account === undefined ? undefined : signedIn(account, user)
        if (result.type === 'refused' || who === undefined) throw refused()
        const { passwordAt, mfaSerial, changes } = result
        const session = await beginSession(dependencies, { who, passwordAt, mfaAt: now, mfaSerial })
        const event = signInEvent(dependencies, { name: 'ConsoleLogin', request, who, mfaSerial, method })
        await commitSession(dependencies, request, { changes: [...session.changes, ...changes] }, [event])
        return sessionBegun(dependencies, session)
      })
    })
  } catch (error) {
    if (error instanceof KmsError) {
      await recordFailedSignIn(dependencies, { request, who, failure: error.message, method })
    }
    throw error
  }
}

function signedIn(account: string, user: UserValue | undefined): SignedIn {
  const arn = user === undefined ? accountRootArn(account) : pathedArn(account, 'user', user)
  return { account, arn, user }
}

/** One answer for unknown passkeys, wrong signatures, used challenges and users without access to the console. */
function refused(): KmsError {
  return new KmsError(
    'AccessDeniedException',
    'This passkey does not sign in here. Try again, or sign in another way.',
  )
}
