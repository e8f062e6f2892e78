import type { PolicyVersion } from './document.ts'

/** What a policy is for. Boundaries and managed policies are of the flavour `identity`. */
export type Flavour = 'key' | 'identity' | 'trust' | 'session' | 'scp' | 'rcp'

/** How the flavours differ. */
export type Rules = {
  readonly elements: ReadonlySet<string>
  readonly statementElements: ReadonlySet<string>
  readonly versions: readonly PolicyVersion[]
  /** Whether a statement names principals (then it must), and which. */
  readonly principals: 'none' | 'of-keys' | 'of-roles' | 'everyone'
  /** Whether a statement may lack actions or resources, and so have no effect. */
  readonly incomplete: boolean
  /** Whether statements are about the thing that the policy is attached to, and name no resource. */
  readonly attached: boolean
  /** Actions, in lower case, to which the policy is limited. */
  readonly actions: ReadonlySet<string> | undefined
  readonly sid: RegExp
  readonly uniqueSids: boolean
}

const BOTH_VERSIONS: readonly PolicyVersion[] = ['2008-10-17', '2012-10-17']
const TARGETS = ['Action', 'NotAction', 'Resource', 'NotResource'] as const
const OTHERS = ['Sid', 'Effect', 'Condition'] as const

/** Source: IAM User Guide, "Grammar of the IAM JSON policy language". */
const IDENTITY: Rules = {
  elements: new Set(['Version', 'Statement']),
  statementElements: new Set([...OTHERS, ...TARGETS]),
  versions: ['2012-10-17'],
  principals: 'none',
  incomplete: false,
  attached: false,
  actions: undefined,
  sid: /^[A-Za-z0-9]*$/,
  uniqueSids: true,
}

/** Source: KMS Developer Guide, "Key policies". */
const KEY: Rules = {
  ...IDENTITY,
  elements: new Set(['Version', 'Id', 'Statement']),
  statementElements: new Set([...OTHERS, ...TARGETS, 'Principal', 'NotPrincipal']),
  versions: BOTH_VERSIONS,
  principals: 'of-keys',
  incomplete: true,
  sid: /^/,
  uniqueSids: false,
}

/** Source: recorded answers of CreateRole. */
const TRUST: Rules = {
  ...IDENTITY,
  elements: new Set(['Version', 'Id', 'Statement']),
  statementElements: new Set([...OTHERS, 'Action', 'Principal']),
  versions: BOTH_VERSIONS,
  principals: 'of-roles',
  attached: true,
  actions: new Set([
    'sts:assumerole*',
    'sts:assumerole',
    'sts:assumerolewithsaml',
    'sts:assumerolewithwebidentity',
    'sts:setcontext',
    'sts:setsourceidentity',
    'sts:tagsession',
  ]),
}

/** Source: AWS Organizations User Guide, "RCP syntax". */
const RCP: Rules = {
  ...IDENTITY,
  statementElements: new Set([...OTHERS, ...TARGETS, 'Principal']),
  principals: 'everyone',
}

/** The rules of each flavour. */
export const RULES: Readonly<Record<Flavour, Rules>> = {
  key: KEY,
  identity: IDENTITY,
  trust: TRUST,
  session: { ...IDENTITY, versions: BOTH_VERSIONS },
  scp: IDENTITY,
  rcp: RCP,
}

/** Characters of a policy text. Source: the IAM service model, `policyDocumentType`. */
export const POLICY_MAX_CHARS = 131_072

/** What the length of a policy, or of several together, is measured by. */
type Quota = 'managed' | 'user' | 'group' | 'role' | 'trust' | 'session' | 'scp' | 'rcp'

/**
 * Characters of one managed policy; of all inline policies of a user, a group or a role together; of a trust policy
 * and of an inline session policy; of an organisation's policies. Source: IAM User Guide, "IAM and AWS STS quotas";
 * AWS Organizations User Guide, "Quotas".
 */
export const POLICY_QUOTAS: Readonly<Record<Quota, number>> = {
  managed: 6144,
  user: 2048,
  group: 5120,
  role: 10_240,
  trust: 2048,
  session: 2048,
  scp: 5120,
  rcp: 5120,
}

/** Whether policies are together longer than a quota. White space counts in an organisation's policies only. */
export function isOverQuota(texts: readonly string[], quota: Quota): boolean {
  const counts = quota === 'scp' || quota === 'rcp' ? lengthOf : countedChars
  return texts.reduce((sum, text) => sum + counts(text), 0) > POLICY_QUOTAS[quota]
}

function lengthOf(text: string): number {
  return text.length
}

/** The characters of a policy that are not white space. */
function countedChars(text: string): number {
  return text.replace(/\s+/g, '').length
}
