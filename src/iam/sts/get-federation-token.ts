import { KmsError } from '../../api/errors.ts'
import { type Input, integer } from '../../api/shapes.ts'
import { isoSeconds } from '../../base/ports.ts'
import type { Call } from '../../dispatch/operation.ts'
import type { ContextLookup } from '../../policy/context.ts'
import { findTag } from '../credentials/callers.ts'
import { federatedArn } from '../entities/arns.ts'
import { newSessionKey } from '../entities/ids.ts'
import type { Tag } from '../iam-records.ts'
import { sessionOf } from '../sessions/session-credentials.ts'
import { sealClaims } from '../sessions/session-token.ts'
import { checkPackedSize, readSessionPolicies, sessionTags } from './role-session.ts'
import { CREDENTIALS_ANSWER, FEDERATED_USER_ANSWER } from './sts-answers.ts'
import type { StsDependencies } from './sts-dependencies.ts'
import { NO_CHECK, stsOperation } from './sts-operation.ts'
import { GET_FEDERATION_TOKEN } from './sts-shapes.ts'

const SECONDS_BY_DEFAULT = 43_200
const ROOT_MAX_SECONDS = 3600

type FederationInput = Input<typeof GET_FEDERATION_TOKEN>

/**
 * Temporary credentials that a user, or root user, makes for another: they allow what both the maker and the
 * passed policies allow. Source: STS API Reference, "GetFederationToken".
 */
export const getFederationToken = stsOperation(
  {
    name: 'GetFederationToken',
    readOnly: true,
    input: GET_FEDERATION_TOKEN,
    output: {
      Credentials: CREDENTIALS_ANSWER,
      FederatedUser: FEDERATED_USER_ANSWER,
      PackedPolicySize: integer(),
    },
  },
  ({ call, input, dependencies }) => begin(call, input, dependencies),
)

function begin(call: Call, input: FederationInput, dependencies: StsDependencies) {
  const { caller } = call
  if (sessionOf(caller) !== undefined) {
    throw new KmsError('AccessDeniedException', 'Cannot call GetFederationToken with session credentials')
  }
  const { tags } = sessionTags(input.Tags ?? [], [], undefined)
  const actions = ['sts:GetFederationToken']
  if (tags.length > 0) actions.push('sts:TagSession')
  const { account } = caller
  const resource = federatedArn(account, input.Name)
  const context = contextOf(tags)
  return {
    permissions: actions.map((action) => ({ action, resource, account, policy: undefined, context })),
    check: NO_CHECK,
    run: () => makeSession(call, input, tags, dependencies),
  }
}

async function makeSession(
  { caller, now }: Call,
  input: FederationInput,
  tags: readonly Tag[],
  { records, random, sealer }: StsDependencies,
) {
  const { account, principal, accessKeyId: makerKeyId } = caller
  const policies = await readSessionPolicies(records, account, input)
  const packedSize = checkPackedSize({ ...policies, tags })
  const wanted = input.DurationSeconds ?? SECONDS_BY_DEFAULT
  const seconds = principal.type === 'Root' ? Math.min(wanted, ROOT_MAX_SECONDS) : wanted
  const key = newSessionKey(random, account)
  const expiresAt = now + seconds * 1000
  const { Name: name } = input
  const SessionToken = sealClaims(sealer, {
    version: 2,
    type: 'federated',
    account,
    ...key,
    issuedAt: now,
    expiresAt,
    makerId: principal.type === 'User' ? principal.id : undefined,
    makerKeyId,
    name,
    ...policies,
    tags,
  })
  const who = { id: `${account}:${name}`, arn: federatedArn(account, name) }
  return {
    output: {
      Credentials: {
        AccessKeyId: key.accessKeyId,
        SecretAccessKey: key.secretAccessKey,
        SessionToken,
        Expiration: new Date(expiresAt),
      },
      FederatedUser: { FederatedUserId: who.id, Arn: who.arn },
      PackedPolicySize: packedSize,
    },
    event: {
      response: {
        credentials: { accessKeyId: key.accessKeyId, expiration: isoSeconds(expiresAt) },
        federatedUser: { federatedUserId: who.id, arn: who.arn },
        ...(packedSize !== undefined && { packedPolicySize: packedSize }),
      },
    },
  }
}

const REQUEST_TAG = 'aws:requesttag/'

/** Source: Service Authorization Reference, "Condition keys for AWS Security Token Service". */
function contextOf(tags: readonly Tag[]): ContextLookup {
  return (name) => {
    if (name === 'aws:tagkeys') return tags.map(({ key }) => key)
    return name.startsWith(REQUEST_TAG) ? findTag(tags, name.slice(REQUEST_TAG.length)) : undefined
  }
}
