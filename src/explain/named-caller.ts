import { parseArn } from '../api/arn.ts'
import type { EpochMs } from '../base/ports.ts'
import { UsageError } from '../base/usage-error.ts'
import type { Caller } from '../dispatch/caller.ts'
import { federatedCaller, roleSessionCaller, rootCaller, userCaller } from '../iam/credentials/callers.ts'
import { parseIamArn } from '../iam/entities/arns.ts'
import { findByName, ROLES, USERS } from '../iam/entities/entities.ts'
import { parseDocument } from '../iam/policies/documents.ts'
import { policiesNow } from '../iam/policies/policies.ts'
import type { Records } from '../store/records.ts'

/** The error of a request that cannot be simulated, with a message for the operator. */
export class SimulationError extends UsageError {
  override readonly name = 'SimulationError'
}

/** The session name when only a role is given. */
const SESSION_NAME = 'simulated'

/** The caller that an operator names. */
export type NamedCaller = {
  /** The ARN of a user, role, session of a role, federated user, or account. */
  readonly principal: string
  /** A session policy, of the session of a role or of a federated user. */
  readonly sessionPolicy: string | undefined
  /** The ARN of the user or account that created a federated user's session; absent: the account. */
  readonly federatedBy?: string | undefined
}

/**
 * The caller with this ARN and its current policies. @throws SimulationError; KmsError for an invalid session
 * policy.
 */
export async function namedCaller(records: Records, who: NamedCaller, now: EpochMs): Promise<Caller> {
  const { principal: text, sessionPolicy } = who
  const named = principalOf(text)
  if (named?.kind !== 'role' && named?.kind !== 'federated' && sessionPolicy !== undefined) {
    throw new SimulationError(
      '--session-policy: expected a role, role session or federated user as --principal',
    )
  }
  if (named?.kind !== 'federated' && who.federatedBy !== undefined)
    throw new SimulationError('--federated-by: expected a federated user as --principal')
  if (sessionPolicy !== undefined) parseDocument(sessionPolicy, 'session')
  if (named?.kind === 'federated') return federatedUser(records, named, who, now)
  if (named?.kind === 'root') return rootCaller(named.account, '', policiesNow(records, named))
  if (named?.kind === 'user') {
    const user = await findByName(records, USERS, named.account, named.name)
    if (user === undefined) throw new SimulationError(`there is no user ${text}`)
    const entity = { kind: 'user', id: user.value.id } as const
    const policies = policiesNow(records, { account: named.account, entity })
    return asNamed(userCaller(named.account, user.value, '', policies), text)
  }
  if (named === undefined) {
    throw new SimulationError(
      `--principal: expected the ARN of a user, role, role session, federated user or account; got '${text}'`,
    )
  }
  const { account, name, session } = named
  const role = await findByName(records, ROLES, account, name)
  if (role === undefined) throw new SimulationError(`there is no role ${text}`)
  const source = { account, entity: { kind: 'role', id: role.value.id } as const }
  const passed = sessionPolicy === undefined ? undefined : { inline: sessionPolicy, arns: [] }
  const facts = { accessKeyId: '', issuedAt: now, name: session, tags: [] }
  const policies = policiesNow(records, { ...source, session: passed })
  return asNamed(roleSessionCaller(account, role.value, facts, policies), text)
}

/** A federated user: its creator's permissions, limited by the session policy; none without one. */
async function federatedUser(
  records: Records,
  { account, name }: Extract<NamedPrincipal, { readonly kind: 'federated' }>,
  { sessionPolicy, federatedBy }: NamedCaller,
  now: EpochMs,
): Promise<Caller> {
  const maker = federatedBy === undefined ? undefined : principalOf(federatedBy)
  const isMaker =
    maker === undefined ? federatedBy === undefined : maker.kind === 'user' || maker.kind === 'root'
  if (!isMaker || (maker !== undefined && maker.account !== account)) {
    throw new SimulationError(
      `--federated-by: expected the ARN of a user or of the account ${account}; got '${federatedBy}'`,
    )
  }
  const user = maker?.kind === 'user' ? await findByName(records, USERS, account, maker.name) : undefined
  if (maker?.kind === 'user' && user === undefined)
    throw new SimulationError(`there is no user ${federatedBy}`)
  const entity = user && ({ kind: 'user', id: user.value.id } as const)
  const session = sessionPolicy === undefined ? undefined : { inline: sessionPolicy, arns: [] }
  const policies = policiesNow(records, { account, session, ...(entity && { entity }) })
  const facts = { accessKeyId: '', issuedAt: now, name, tags: [] }
  return federatedCaller(account, user?.value, facts, policies)
}

/** Checks the path, which is part of an ARN although names are unique without it. @throws SimulationError. */
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
  | { readonly kind: 'federated'; readonly account: string; readonly name: string }
  | { readonly kind: 'role'; readonly account: string; readonly name: string; readonly session: string }

function principalOf(text: string): NamedPrincipal | undefined {
  const arn = parseArn(text)
  if (arn === undefined) return undefined
  const { account, service, resource } = arn
  if (service === 'iam' && resource === 'root') return { kind: 'root', account }
  if (service === 'sts') {
    const [kind, name, session] = resource.split('/')
    if (kind === 'federated-user' && name !== undefined && session === undefined)
      return { kind: 'federated', account, name }
    if (kind !== 'assumed-role' || name === undefined || session === undefined) return undefined
    return { kind: 'role', account, name, session }
  }
  const named = parseIamArn(text)
  if (named?.kind === 'user') return { kind: 'user', account, name: named.name }
  return named?.kind === 'role'
    ? { kind: 'role', account, name: named.name, session: SESSION_NAME }
    : undefined
}
