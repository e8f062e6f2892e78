import { parseArn } from '../api/arn.ts'
import type { EpochMs } from '../base/ports.ts'
import { UsageError } from '../base/usage-error.ts'
import type { Caller } from '../dispatch/caller.ts'
import { roleSessionCaller, rootCaller, userCaller } from '../iam/credentials/callers.ts'
import { parseIamArn } from '../iam/entities/arns.ts'
import { findByName, ROLES, USERS } from '../iam/entities/entities.ts'
import { parseDocument } from '../iam/policies/documents.ts'
import { policiesNow } from '../iam/policies/policies.ts'
import type { Records } from '../store/records.ts'

/** What is asked for cannot be simulated, for a reason that the operator is told. */
export class SimulationError extends UsageError {
  override readonly name = 'SimulationError'
}

/** What the name of a session is when only its role is given. */
const SESSION_NAME = 'simulated'

/** Who calls, as an operator says. */
export type NamedCaller = {
  /** The ARN of a user, role, session of a role, or account. */
  readonly principal: string
  /** A session policy, of the session of a role. */
  readonly sessionPolicy: string | undefined
}

/** The caller that an ARN names, as it is now. @throws SimulationError; KmsError for what is no session policy. */
export async function namedCaller(
  records: Records,
  { principal: text, sessionPolicy }: NamedCaller,
  now: EpochMs,
): Promise<Caller> {
  const named = principalOf(text)
  if (named?.kind !== 'role' && sessionPolicy !== undefined) {
    throw new SimulationError('a session policy needs the ARN of a role or of its session as the principal')
  }
  if (named?.kind === 'root') return rootCaller(named.account, '', policiesNow(records, named))
  if (named?.kind === 'user') {
    const user = await findByName(records, USERS, named.account, named.name)
    if (user === undefined) throw new SimulationError(`there is no user ${text}`)
    const entity = { kind: 'user', id: user.value.id } as const
    const policies = policiesNow(records, { account: named.account, entity })
    return asNamed(userCaller(named.account, user.value, '', policies), text)
  }
  if (named === undefined) {
    throw new SimulationError(`${text} is not the ARN of a user, role, session of a role, or account`)
  }
  const { account, name, session } = named
  const role = await findByName(records, ROLES, account, name)
  if (role === undefined) throw new SimulationError(`there is no role ${text}`)
  const source = { account, entity: { kind: 'role', id: role.value.id } as const }
  const passed = sessionPolicy === undefined ? undefined : { inline: sessionPolicy, arns: [] }
  const facts = { accessKeyId: '', issuedAt: now, name: session, tags: [] }
  if (sessionPolicy !== undefined) parseDocument(sessionPolicy, 'session')
  const policies = policiesNow(records, { ...source, session: passed })
  return asNamed(roleSessionCaller(account, role.value, facts, policies), text)
}

/** A path is part of an ARN, and names are unique without it. @throws SimulationError. */
function asNamed(caller: Caller, text: string): Caller {
  const { principal, arn } = caller
  const is = text === arn || (principal.type === 'AssumedRole' && text === principal.roleArn)
  if (is) return caller
  throw new SimulationError(
    `there is no ${text}, but ${principal.type === 'AssumedRole' ? principal.roleArn : arn}`,
  )
}

type NamedPrincipal =
  | { readonly kind: 'root'; readonly account: string }
  | { readonly kind: 'user'; readonly account: string; readonly name: string }
  | { readonly kind: 'role'; readonly account: string; readonly name: string; readonly session: string }

function principalOf(text: string): NamedPrincipal | undefined {
  const arn = parseArn(text)
  if (arn === undefined) return undefined
  const { account, service, resource } = arn
  if (service === 'iam' && resource === 'root') return { kind: 'root', account }
  if (service === 'sts') {
    const [kind, name, session] = resource.split('/')
    if (kind !== 'assumed-role' || name === undefined || session === undefined) return undefined
    return { kind: 'role', account, name, session }
  }
  const named = parseIamArn(text)
  if (named?.kind === 'user') return { kind: 'user', account, name: named.name }
  return named?.kind === 'role'
    ? { kind: 'role', account, name: named.name, session: SESSION_NAME }
    : undefined
}
