import { KmsError } from '../api/errors.ts'
import type { PasskeyAssertion } from '../custody/passkeys.ts'
import type { WireRequest } from '../dispatch/wire.ts'
import { pathedArn } from '../iam/entities/arns.ts'
import type { PasswordSignInResult } from '../iam/sign-in/password-sign-in.ts'
import { retryConflicts } from '../store/retry.ts'
import { beginSession, type SignedIn } from './console-sessions.ts'
import { type ConsoleAnswer, json } from './console-site.ts'
import { findKnownBrowser, knownBrowserHeader } from './known-browser.ts'
import { originOf, parseAssertion } from './passkey-answer.ts'
import { signInEvent } from './sign-in-event.ts'
import {
  commitSession,
  parseTexts,
  recordFailedSignIn,
  type SignInDependencies,
  sessionBegun,
} from './sign-in-steps.ts'

/** Characters and length of a password. Source: IAM API Reference, "CreateLoginProfile". */
const PASSWORD = /^[\t\n\r\u0020-\u00ff]{1,128}$/
/** Longer than each account id, alias, user name and code. */
const NAME_MAX_CHARS = 128

type Entered = {
  readonly account: string
  readonly user: string
  readonly password: string
  readonly code: string | undefined
  readonly newPassword: string | undefined
  readonly passkey: PasskeyAssertion | undefined
}

type Proven = Extract<PasswordSignInResult, { readonly type: 'proven' }>

/**
 * Signs in a user by account, name, password and, where they are needed, a code and a new password. Each step sends all that
 * was entered before: the server remembers nothing of a sign-in that is not complete.
 */
export async function passwordStep(
  dependencies: SignInDependencies,
  request: WireRequest,
): Promise<ConsoleAnswer> {
  const requestId = dependencies.random.uuid()
  try {
    const entered = parseEntered(request)
    // Of two requests with one code, the second finds a conflict, tries again, and is refused.
    return await retryConflicts(dependencies.records, () => step(dependencies, request, entered, requestId))
  } catch (error) {
    if (error instanceof KmsError) {
      await recordFailedSignIn(dependencies, {
        ...{ request, who: undefined, failure: error.message, method: 'Password' },
      })
    }
    throw error
  }
}

async function step(
  dependencies: SignInDependencies,
  request: WireRequest,
  entered: Entered,
  requestId: string,
): Promise<ConsoleAnswer> {
  const { address } = request.connection
  const now = dependencies.clock.now()
  const result = await dependencies.signInByPassword({
    ...{ ...entered, address, now, requestId },
    origin: originOf(request),
    knownBrowser: findKnownBrowser(dependencies, request),
  })
  const method = 'Password'
  switch (result.type) {
    case 'refused': {
      const { account: triedAccount, user, reason: failure } = result
      const who = user && triedAccount !== undefined ? signedIn(triedAccount, user) : undefined
      await recordFailedSignIn(dependencies, { request, who, triedAccount, failure, method })
      return REFUSED
    }
    case 'incomplete': {
      const { code, passkey, newPassword } = result
      const who = signedIn(result.account, result.user)
      if (code || passkey !== undefined) {
        const mfaType = code ? 'Virtual MFA' : 'U2F MFA'
        const event = signInEvent(dependencies, { name: 'CheckMfa', request, who, mfaType })
        await dependencies.append(event.json)
      }
      return json(200, { signedIn: false, needs: { code, newPassword, ...(passkey && { passkey }) } })
    }
    case 'proven':
      return begin(dependencies, request, result, now)
  }
}

/** One answer for all that must not be told apart: unknown users, wrong passwords, wrong codes. */
const REFUSED: ConsoleAnswer = {
  ...json(403, {
    code: 'AccessDeniedException',
    message: 'The account, user name, password or code is not correct.',
  }),
  isCallerUnknown: true,
}

async function begin(
  dependencies: SignInDependencies,
  request: WireRequest,
  { account, user, passwordAt, mfaSerial, isPasswordReplaced, changes }: Proven,
  now: number,
): Promise<ConsoleAnswer> {
  const who = signedIn(account, user)
  const mfaAt = mfaSerial === undefined ? undefined : now
  const session = await beginSession(dependencies, { who, passwordAt, mfaAt, mfaSerial })
  const names = isPasswordReplaced
    ? (['PasswordUpdated', 'ConsoleLogin'] as const)
    : (['ConsoleLogin'] as const)
  const events = names.map((name) =>
    signInEvent(dependencies, { name, request, who, mfaSerial, method: 'Password' }),
  )
  await commitSession(dependencies, request, { changes: [...session.changes, ...changes] }, events)
  const answer = sessionBegun(dependencies, session)
  return { ...answer, headers: [...answer.headers, ...knownBrowserHeader(dependencies, user.id)] }
}

function signedIn(account: string, user: Proven['user']): SignedIn {
  return { account, arn: pathedArn(account, 'user', user), user }
}

/** @throws ValidationException for texts that no user can have. */
function parseEntered(request: WireRequest): Entered {
  const texts = parseTexts(request, ['account', 'user', 'password'], ['code', 'newPassword', 'passkey'])
  const { account, user, password, code, newPassword } = texts
  const isLong = [account, user, code ?? ''].some((text) => text.length > NAME_MAX_CHARS)
  if (isLong || ![password, newPassword ?? password].every((text) => PASSWORD.test(text))) {
    throw new KmsError(
      'ValidationException',
      'A name is too long, or a password has characters that it cannot have.',
    )
  }
  const passkey = texts.passkey === undefined ? undefined : parseAssertion(texts.passkey)
  return { account, user, password, code, newPassword, passkey }
}
