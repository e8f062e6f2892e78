import { PARTITION } from '../api/arn.ts'
import {
  HOLDFAST_OPERATION_NAMES,
  IAM_OPERATION_NAMES,
  KMS_OPERATION_NAMES,
  STS_OPERATION_NAMES,
} from '../api/operations.ts'
import { answer, integer, list, oneOf, optional, text, type ValueOf } from '../api/shapes.ts'
import { inSlices } from '../base/slices.ts'
import { compilePolicySteps } from '../policy/compile.ts'
import { type KnownActions, type PolicyFinding, policyFindingsSteps } from '../policy/findings.ts'
import { type Flavour, POLICY_MAX_CHARS } from '../policy/flavour.ts'
import { locksCallerOut } from '../policy/key-policy.ts'
import { parsePolicySteps } from '../policy/parse.ts'
import { type Invocation, usageOperation } from './usage-operation.ts'

/** Source: IAM Access Analyzer API Reference, "ValidatePolicy", `policyType`. */
const TYPES = [
  ...['IDENTITY_POLICY', 'RESOURCE_POLICY', 'SERVICE_CONTROL_POLICY', 'RESOURCE_CONTROL_POLICY'],
] as const
/** Source: IAM Access Analyzer API Reference, "ValidatePolicy", `validatePolicyResourceType`. */
const RESOURCE_TYPES = ['AWS::KMS::Key', 'AWS::IAM::AssumeRolePolicyDocument'] as const

const INPUT = {
  PolicyDocument: text({ min: 1, max: POLICY_MAX_CHARS }),
  PolicyType: oneOf(...TYPES),
  ValidatePolicyResourceType: optional(oneOf(...RESOURCE_TYPES)),
}
const FINDING = answer({
  FindingType: text(),
  IssueCode: text(),
  FindingDetails: text(),
  Statement: integer(),
})

type ValidateInvocation = Invocation<typeof INPUT, null>

/** Checks a policy without putting it: mistakes, risks and probable mistakes. */
export const validatePolicy = usageOperation(
  {
    ...{ name: 'ValidatePolicy', input: INPUT, output: { Findings: list(FINDING) }, rate: 'light' },
    find: ({ call: { caller, region } }) => ({
      resource: `arn:${PARTITION}:holdfast:${region}:${caller.account}:*`,
      subject: null,
    }),
  },
  async ({ call, input, dependencies }: ValidateInvocation) => {
    const { giveWay } = dependencies
    const flavour = flavourOf(input)
    const found = await inSlices(policyFindingsSteps(input.PolicyDocument, flavour, KNOWN), giveWay)
    const isWrong = found.some(({ type }) => type === 'ERROR')
    const lockout = !isWrong && flavour === 'key' && (await locksOut(call, input, giveWay))
    const findings = lockout ? [LOCKOUT, ...found] : found
    return { output: { Findings: findings.map(findingAnswer) } }
  },
)

function flavourOf({
  PolicyType,
  ValidatePolicyResourceType: resource,
}: ValidateInvocation['input']): Flavour {
  switch (PolicyType) {
    case 'IDENTITY_POLICY':
      return 'identity'
    case 'SERVICE_CONTROL_POLICY':
      return 'scp'
    case 'RESOURCE_CONTROL_POLICY':
      return 'rcp'
    case 'RESOURCE_POLICY':
      return resource === 'AWS::IAM::AssumeRolePolicyDocument' ? 'trust' : 'key'
  }
}

const LOCKOUT: PolicyFinding = {
  type: 'ERROR',
  code: 'POLICY_LOCKOUT',
  details:
    'The policy does not allow you to call PutKeyPolicy again: PutKeyPolicy refuses it without BypassPolicyLockoutSafetyCheck.',
}

async function locksOut(
  { caller, context }: ValidateInvocation['call'],
  { PolicyDocument }: ValidateInvocation['input'],
  giveWay: ValidateInvocation['dependencies']['giveWay'],
): Promise<boolean> {
  const document = await inSlices(parsePolicySteps(PolicyDocument, { flavour: 'key' }), giveWay)
  return locksCallerOut(await inSlices(compilePolicySteps(document), giveWay), caller.principal, context)
}

function findingAnswer({ type, code, details, statement }: PolicyFinding): ValueOf<typeof FINDING> {
  return { FindingType: type, IssueCode: code, FindingDetails: details, Statement: statement }
}

/** Actions whose names differ from those of operations. Source: AWS Service Authorization Reference. */
const OTHER_ACTIONS = [
  'ReEncryptFrom',
  'ReEncryptTo',
  'SynchronizeMultiRegionKey',
  'PassRole',
  'TagSession',
  'SetSourceIdentity',
  'SetContext',
]

const OPERATIONS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    kms: KMS_OPERATION_NAMES,
    sts: STS_OPERATION_NAMES,
    holdfast: HOLDFAST_OPERATION_NAMES,
    iam: IAM_OPERATION_NAMES,
  }).map(([service, names]) => [
    service,
    new Set([...names, ...OTHER_ACTIONS].map((name) => name.toLowerCase())),
  ]),
)

const KNOWN: KnownActions = (service) => OPERATIONS.get(service)
