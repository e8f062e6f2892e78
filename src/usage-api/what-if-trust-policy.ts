import { PARTITION } from '../api/arn.ts'
import { KmsError } from '../api/errors.ts'
import { text } from '../api/shapes.ts'
import { utf8 } from '../base/bytes.ts'
import { sha256Hex } from '../crypto/hash.ts'
import { parseTrust, whatIfTrust } from '../explain/what-if-trust.ts'
import { findByName, ROLES } from '../iam/entities/entities.ts'
import type { RoleValue } from '../iam/iam-records.ts'
import { POLICY_MAX_CHARS } from '../policy/flavour.ts'
import { seesEveryAccount } from './seen-accounts.ts'
import { type Invocation, type Missing, type Subject, usageOperation } from './usage-operation.ts'
import { answerWhatIf, WHAT_IF_INPUT, WHAT_IF_OUTPUT } from './what-if-answer.ts'

/** Source of the lengths: IAM API Reference, "UpdateAssumeRolePolicy". */
const INPUT = {
  RoleName: text({ min: 1, max: 64 }),
  PolicyDocument: text({ min: 1, max: POLICY_MAX_CHARS }),
  ...WHAT_IF_INPUT,
}

/** The role, and the account whose calls the answer shows; without an account, it shows the calls of all accounts. */
type Tried = { readonly role: RoleValue; readonly onlyFor: string | undefined }
type WhatIfInvocation = Invocation<typeof INPUT, Tried>

/** Says what another trust policy of a role would have done to the recorded calls that assumed it, or tried to. */
export const whatIfTrustPolicy = usageOperation(
  { name: 'WhatIfTrustPolicy', input: INPUT, output: WHAT_IF_OUTPUT, find },
  async (invocation: WhatIfInvocation) => {
    const { call, input, dependencies, subject } = invocation
    const { account } = call.caller
    const proposal = { account, ...subject, text: input.PolicyDocument }
    const policy = await parseTrust(dependencies.explaining, proposal)
    const about = [account, input.RoleName, sha256Hex(utf8(input.PolicyDocument))]
    const output = await answerWhatIf(invocation, about, (explaining, wanted) =>
      whatIfTrust(explaining, { proposal, policy, ...wanted }),
    )
    return { output }
  },
)

async function find({
  call,
  input,
  dependencies,
}: Omit<WhatIfInvocation, 'subject'>): Promise<Subject<Tried> | Missing> {
  const { account } = call.caller
  const resource = `arn:${PARTITION}:holdfast::${account}:role/${input.RoleName}`
  const role = await findByName(dependencies.explaining.records, ROLES, account, input.RoleName)
  if (role === undefined) {
    return { resource, missing: new KmsError('NotFoundException', `There is no role/${input.RoleName}`) }
  }
  const everything = await seesEveryAccount(dependencies, call.caller)
  return { resource, subject: { role: role.value, onlyFor: everything ? undefined : account } }
}
