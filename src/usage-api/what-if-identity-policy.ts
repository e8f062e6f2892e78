import { PARTITION } from '../api/arn.ts'
import { KmsError } from '../api/errors.ts'
import { optional, text } from '../api/shapes.ts'
import { utf8 } from '../base/bytes.ts'
import { inSlices } from '../base/slices.ts'
import { sha256Hex } from '../crypto/hash.ts'
import {
  findIdentityPolicy,
  type IdentityPolicy,
  type TriedPolicy,
  whatIfIdentity,
} from '../explain/what-if-identity.ts'
import { parseIamArn } from '../iam/entities/arns.ts'
import { parseDocumentSteps } from '../iam/policies/documents.ts'
import { POLICY_MAX_CHARS } from '../policy/flavour.ts'
import { seesEveryAccount } from './seen-accounts.ts'
import { type Invocation, type Missing, type Subject, usageOperation } from './usage-operation.ts'
import { answerWhatIf, WHAT_IF_INPUT, WHAT_IF_OUTPUT } from './what-if-answer.ts'

/** Source of the lengths: IAM API Reference, "PutUserPolicy" and "CreatePolicyVersion". */
const NAME = text({ min: 1, max: 128 })
const INPUT = {
  PolicyDocument: text({ min: 1, max: POLICY_MAX_CHARS }),
  PolicyArn: optional(text({ min: 20, max: 2048 })),
  UserName: optional(NAME),
  GroupName: optional(NAME),
  RoleName: optional(NAME),
  PolicyName: optional(NAME),
  ...WHAT_IF_INPUT,
}
type Tried = { readonly policy: TriedPolicy; readonly onlyFor: string | undefined }
type WhatIfInvocation = Invocation<typeof INPUT, Tried>

/** Says what another text of a policy of users, groups or roles would have done to their recorded calls. */
export const whatIfIdentityPolicy = usageOperation(
  { name: 'WhatIfIdentityPolicy', input: INPUT, output: WHAT_IF_OUTPUT, find },
  async (invocation: WhatIfInvocation) => {
    const { input, dependencies, subject } = invocation
    const { policy, onlyFor } = subject
    const { PolicyDocument: text, PolicyArn, PolicyName, UserName, GroupName, RoleName } = input
    await inSlices(parseDocumentSteps(text, 'identity'), dependencies.giveWay)
    const named = [PolicyArn, PolicyName, UserName, GroupName, RoleName].map((name) => name ?? '')
    const output = await answerWhatIf(
      invocation,
      [policy.account, sha256Hex(utf8(text)), ...named],
      (explaining, wanted) => whatIfIdentity(explaining, { policy, onlyFor, text, ...wanted }),
    )
    return { output }
  },
)

/** @throws ValidationException. */
async function find({
  call,
  input,
  dependencies,
}: Omit<WhatIfInvocation, 'subject'>): Promise<Subject<Tried> | Missing> {
  const { account } = call.caller
  const wanted = parseWanted(input, account)
  const { kind, name } = wanted
  const resource = `arn:${PARTITION}:holdfast::${account}:${kind === 'managed' ? 'policy' : kind}/${name}`
  const policy = await findIdentityPolicy(dependencies.explaining.records, account, wanted)
  if (policy === undefined) {
    return { resource, missing: new KmsError('NotFoundException', `There is no ${resource.split(':')[5]}`) }
  }
  const everything = await seesEveryAccount(dependencies, call.caller)
  return { resource, subject: { policy, onlyFor: everything ? undefined : account } }
}

/** @throws ValidationException unless the input names one policy. */
function parseWanted(input: WhatIfInvocation['input'], account: string): IdentityPolicy {
  const { PolicyArn, PolicyName: policyName, UserName, GroupName, RoleName } = input
  const holders = [
    ...(UserName === undefined ? [] : [{ kind: 'user', name: UserName } as const]),
    ...(GroupName === undefined ? [] : [{ kind: 'group', name: GroupName } as const]),
    ...(RoleName === undefined ? [] : [{ kind: 'role', name: RoleName } as const]),
  ]
  const [holder] = holders
  if (PolicyArn !== undefined && policyName === undefined && holder === undefined) {
    const parsed = parseIamArn(PolicyArn)
    if (parsed?.kind === 'policy' && parsed.account === account) {
      return { kind: 'managed', arn: PolicyArn, name: parsed.name }
    }
    throw new KmsError('ValidationException', 'PolicyArn is not the ARN of a managed policy of this account.')
  }
  if (PolicyArn === undefined && policyName !== undefined && holder !== undefined && holders.length === 1) {
    return { ...holder, policyName }
  }
  throw new KmsError(
    'ValidationException',
    'Name one policy: either PolicyArn, or PolicyName with one of UserName, GroupName and RoleName.',
  )
}
