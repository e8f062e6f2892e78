import { KmsError } from '../../api/errors.ts'
import { type Input, integer, text } from '../../api/shapes.ts'
import type { Call, Permission } from '../../dispatch/operation.ts'
import type { ContextLookup } from '../../policy/context.ts'
import { providerArn } from '../entities/arns.ts'
import { PROVIDER, type ProviderValue, type RoleValue, read } from '../iam-records.ts'
import { trustPolicy } from '../policies/policies.ts'
import { sessionTokenKeys, type WebToken, webTokenKeys } from '../sessions/oidc.ts'
import { assumeContext } from './assume-role.ts'
import {
  findRole,
  makeRoleSession,
  readSessionPolicies,
  roleResource,
  type SessionTags,
  sessionSeconds,
  sessionTags,
} from './role-session.ts'
import { ASSUMED_ROLE_USER_ANSWER, CREDENTIALS_ANSWER } from './sts-answers.ts'
import type { StsDependencies } from './sts-dependencies.ts'
import { NO_CHECK, stsOperation } from './sts-operation.ts'
import { ASSUME_ROLE_WITH_WEB_IDENTITY } from './sts-shapes.ts'

type WebInput = Input<typeof ASSUME_ROLE_WITH_WEB_IDENTITY>

const NOT_AUTHORIZED = 'Not authorized to perform sts:AssumeRoleWithWebIdentity'

/**
 * Temporary credentials of a role for a caller that an identity provider vouches for; the call itself is not
 * signed.
 *
 * Source: STS API Reference, "AssumeRoleWithWebIdentity".
 */
export const assumeRoleWithWebIdentity = stsOperation(
  {
    name: 'AssumeRoleWithWebIdentity',
    readOnly: true,
    unsigned: true,
    input: ASSUME_ROLE_WITH_WEB_IDENTITY,
    output: {
      AssumedRoleUser: ASSUMED_ROLE_USER_ANSWER,
      Audience: text(),
      Credentials: CREDENTIALS_ANSWER,
      PackedPolicySize: integer(),
      Provider: text(),
      SourceIdentity: text(),
      SubjectFromWebIdentityToken: text(),
    },
  },
  ({ call, input, dependencies }) => begin(call, input, dependencies),
)

async function begin(call: Call, input: WebInput, dependencies: StsDependencies) {
  const { now } = call
  const { account, arn, role } = await findRole(dependencies.records, input.RoleArn)
  const issuer = dependencies.oidc.issuerOf(input.WebIdentityToken)
  const provider = await findProvider(dependencies, account, issuer)
  const token = await dependencies.oidc.verify(input.WebIdentityToken, provider, now)
  const federated = providerArn(account, provider.url)
  call.identify({ account, identityJson: identityOf(token, federated) })
  const tags = sessionTags(token.tags, token.transitiveKeys, undefined)
  if (role === undefined) throw new KmsError('AccessDeniedException', NOT_AUTHORIZED)
  call.involve(roleResource(account, role.value))
  const { sourceIdentity } = token
  const asked = { input, account, arn, role: role.value, provider, token, tags }
  return {
    permissions: webIdentityPermissions(asked),
    check: NO_CHECK,
    run: async () => {
      const seconds = sessionSeconds(input.DurationSeconds, role.value, false)
      const policies = await readSessionPolicies(dependencies.records, account, input)
      const federation = sessionTokenKeys(provider.url, token)
      const told = { provider: federated, federation }
      const said = { name: input.RoleSessionName, ...tags, sourceIdentity, ...told }
      const outcome = makeRoleSession(dependencies, {
        role: role.value,
        account,
        seconds,
        now,
        ...policies,
        ...said,
      })
      const { subject, audience } = token
      const about = { SubjectFromWebIdentityToken: subject, Audience: audience, Provider: federated }
      return { ...outcome, output: { ...outcome.output, ...about } }
    },
  }
}

/** A role that a proven token asks for. */
export type AskedRole = {
  readonly input: Pick<WebInput, 'RoleSessionName' | 'DurationSeconds'>
  /** The account and ARN of the role. */
  readonly account: string
  readonly arn: string
  readonly role: RoleValue
  readonly provider: ProviderValue
  readonly token: WebToken
  /** The tags of the session. */
  readonly tags: SessionTags
}

/** What the trust policy of a role must allow for a token. */
export function webIdentityPermissions({
  input,
  account,
  arn,
  role,
  provider,
  token,
  tags,
}: AskedRole): readonly Permission[] {
  const federated = providerArn(account, provider.url)
  const { sourceIdentity } = token
  const actions = ['sts:AssumeRoleWithWebIdentity']
  if (tags.tags.length > 0) actions.push('sts:TagSession')
  if (sourceIdentity !== undefined) actions.push('sts:SetSourceIdentity')
  const more = federatedContext(provider, federated, token)
  const context = assumeContext(input, role, { ...tags, sourceIdentity }, more)
  return actions.map((action) => ({
    action,
    resource: arn,
    account,
    policy: trustPolicy(role),
    context,
    principal: { type: 'WebIdentity', arn: federated },
    hidden: new KmsError('AccessDeniedException', NOT_AUTHORIZED),
  }))
}

/** The provider of an issuer. @throws InvalidIdentityTokenException when the account has no such provider. */
export async function findProvider(
  dependencies: Pick<StsDependencies, 'records'>,
  account: string,
  issuer: string,
): Promise<ProviderValue> {
  const name = issuer.replace(/^https:\/\//, '').replace(/\/$/, '')
  const provider = await read(dependencies.records, PROVIDER, account, name)
  if (provider !== undefined && issuer.startsWith('https://')) return provider.value
  throw new KmsError(
    'InvalidIdentityTokenException',
    `No OpenIDConnect provider found in your account for ${issuer}`,
  )
}

/** Source: CloudTrail User Guide, "userIdentity element". */
function identityOf({ subject, audience }: WebToken, provider: string): string {
  return JSON.stringify({
    type: 'WebIdentityUser',
    principalId: `${provider}:${audience}:${subject}`,
    userName: subject,
    identityProvider: provider,
  })
}

function federatedContext({ url }: ProviderValue, federated: string, token: WebToken): ContextLookup {
  const keys = webTokenKeys(url, token)
  return (name) => (name === 'aws:federatedprovider' ? federated : keys(name))
}
