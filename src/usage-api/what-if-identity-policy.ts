import { PARTITION } from '../api/arn.ts'
import { KmsError } from '../api/errors.ts'
import { anything, boolean, integer, list, optional, text } from '../api/shapes.ts'
import { utf8 } from '../base/bytes.ts'
import { inSlices } from '../base/slices.ts'
import { sha256Hex } from '../crypto/hash.ts'
import { SessionOrigins } from '../explain/session-origin.ts'
import type { WhatIfPlace } from '../explain/what-if.ts'
import {
  findIdentityPolicy,
  type IdentityPolicy,
  type TriedPolicy,
  whatIfIdentity,
} from '../explain/what-if-identity.ts'
import { parseIamArn } from '../iam/entities/arns.ts'
import { parseDocumentSteps } from '../iam/policies/documents.ts'
import { POLICY_MAX_CHARS } from '../policy/flavour.ts'
import { withCapitals } from './capitals.ts'
import { seesEveryAccount } from './seen-accounts.ts'
import { checkRange, RANGE_INPUT, rangeOf } from './time-range.ts'
import { type Invocation, type Missing, type Subject, usageOperation } from './usage-operation.ts'
import { formatUsageToken, invalidToken, parseEventKey, parseUsageToken } from './usage-token.ts'
import { TALLY, tallyAnswer } from './what-if-answer.ts'

const DEFAULT_DAYS = 30
/** Calls that one page looks at. */
const CALLS_MAX = 1000
const TOKEN_MAX_CHARS = 1024

/** Source of the lengths: IAM API Reference, "PutUserPolicy" and "CreatePolicyVersion". */
const NAME = text({ min: 1, max: 128 })
const INPUT = {
  PolicyDocument: text({ min: 1, max: POLICY_MAX_CHARS }),
  PolicyArn: optional(text({ min: 20, max: 2048 })),
  UserName: optional(NAME),
  GroupName: optional(NAME),
  RoleName: optional(NAME),
  PolicyName: optional(NAME),
  ...RANGE_INPUT,
  MaxResults: optional(integer({ min: 1, max: CALLS_MAX })),
  NextToken: optional(text({ min: 1, max: TOKEN_MAX_CHARS })),
}
const OUTPUT = {
  Calls: integer(),
  Decided: integer(),
  MovedOn: integer(),
  Changes: anything(),
  OtherChanges: integer(),
  NotDecided: list(TALLY),
  NotExact: list(TALLY),
  Current: boolean(),
  NextToken: text(),
}

type Tried = { readonly policy: TriedPolicy; readonly onlyFor: string | undefined }
type WhatIfInvocation = Invocation<typeof INPUT, Tried>

/** Says what another text of a policy of users, groups or roles would have done to their recorded calls. */
export const whatIfIdentityPolicy = usageOperation(
  { name: 'WhatIfIdentityPolicy', input: INPUT, output: OUTPUT, find },
  async ({ call, input, dependencies, subject: { policy, onlyFor } }: WhatIfInvocation) => {
    const { explaining, giveWay } = dependencies
    const { PolicyDocument, NextToken, MaxResults, ...asks } = input
    const asked = utf8(JSON.stringify([policy.account, sha256Hex(utf8(PolicyDocument)), asks]))
    const from = parseUsageToken(NextToken, asked)
    const range = checkRange(from?.range ?? rangeOf(input, call.now, DEFAULT_DAYS))
    await inSlices(parseDocumentSteps(PolicyDocument, 'identity'), giveWay)
    const current = await dependencies.reach()
    const tried = await whatIfIdentity(
      { ...explaining, origins: new SessionOrigins(explaining.events, giveWay) },
      {
        ...{ policy, onlyFor, text: PolicyDocument },
        fromSecond: Math.ceil(range.fromMs / 1000),
        toSecond: Math.floor(range.toMs / 1000),
        page: { from: from && parsePlace(policy.account, from.after), callsMax: MaxResults ?? CALLS_MAX },
      },
    )
    const output = {
      ...{ Calls: tried.calls, Decided: tried.decided, MovedOn: tried.movedOn },
      Changes: await inSlices(withCapitals(tried.changes), giveWay),
      OtherChanges: tried.otherChanges,
      NotDecided: tried.notDecided.map(tallyAnswer),
      NotExact: tried.notExact.map(tallyAnswer),
      Current: current,
      NextToken: tried.next && formatUsageToken({ range, after: formatPlace(tried.next) }, asked),
    }
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

const PLACE = /^([a-z0-9-]{1,32})\.(\d*)$/

function formatPlace({ region, after }: WhatIfPlace): string {
  return `${region}.${after ?? ''}`
}

/** @throws InvalidNextTokenException. */
function parsePlace(account: string, token: string): WhatIfPlace {
  const [, region, after = ''] = PLACE.exec(token) ?? []
  if (region === undefined) throw invalidToken()
  return { account, region, after: after === '' ? undefined : parseEventKey(after) }
}
