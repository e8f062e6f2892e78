import type { PolicyVersion } from './document.ts'

/** The purpose of a policy. Boundaries and managed policies are of the flavour `identity`. */
export type Flavour = 'key' | 'bucket' | 'identity' | 'trust' | 'session' | 'scp' | 'rcp'

/** The rules of a flavour. */
export type Rules = {
  readonly elements: ReadonlySet<string>
  readonly statementElements: ReadonlySet<string>
  readonly versions: readonly PolicyVersion[]
  /** Whether a statement names principals (then it must), and which. */
  readonly principals: 'none' | 'of-keys' | 'of-roles' | 'everyone'
  /** Whether a statement may lack actions or resources, and so have no effect. */
  readonly incomplete: boolean
  /** Whether statements apply to what has the policy, and name no resource. */
  readonly attached: boolean
  /** Actions, in lower case, to which the policy is limited. */
  readonly actions: ReadonlySet<string> | undefined
  readonly sid: RegExp
  readonly uniqueSids: boolean
}

const BOTH_VERSIONS: readonly PolicyVersion[] = ['2008-10-17', '2012-10-17']
const TARGETS = ['Action', 'NotAction', 'Resource', 'NotResource'] as const
const OTHERS = ['Sid', 'Effect', 'Condition'] as const

/**
 * Source: IAM User Guide, "Grammar of the IAM JSON policy language", but for `Id`, which AWS accepts: its policy
 * generator writes it.
 */
const IDENTITY: Rules = {
  elements: new Set(['Version', 'Id', 'Statement']),
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
  statementElements: new Set([...OTHERS, ...TARGETS, 'Principal', 'NotPrincipal']),
  versions: BOTH_VERSIONS,
  principals: 'of-keys',
  incomplete: true,
  sid: /^/,
  uniqueSids: false,
}

/** Source: Amazon S3 User Guide, "Policies and permissions in Amazon S3". */
const BUCKET: Rules = { ...KEY, incomplete: false }

/** Source: recorded answers of CreateRole. */
const TRUST: Rules = {
  ...IDENTITY,
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

/** Source: AWS Organizations User Guide, "SCP syntax". */
const SCP: Rules = { ...IDENTITY, elements: new Set(['Version', 'Statement']) }

/** Source: AWS Organizations User Guide, "RCP syntax". */
const RCP: Rules = {
  ...SCP,
  statementElements: new Set([...OTHERS, ...TARGETS, 'Principal']),
  principals: 'everyone',
}

/** The rules of each flavour. */
export const RULES: Readonly<Record<Flavour, Rules>> = {
  key: KEY,
  bucket: BUCKET,
  identity: IDENTITY,
  trust: TRUST,
  session: { ...IDENTITY, versions: BOTH_VERSIONS },
  scp: SCP,
  rcp: RCP,
}

/** Characters of a policy text. Source: the IAM service model, `policyDocumentType`. */
export const POLICY_MAX_CHARS = 131_072

/**
 * Characters, white space aside, of one managed policy; of all inline policies of a user, a group or a role; of a
 * trust policy; of an inline session policy. Source: IAM User Guide, "IAM and AWS STS quotas".
 */
export const MANAGED_POLICY_MAX_CHARS = 6144
/** See {@link MANAGED_POLICY_MAX_CHARS}. */
export const USER_POLICIES_MAX_CHARS = 2048
/** See {@link MANAGED_POLICY_MAX_CHARS}. */
export const GROUP_POLICIES_MAX_CHARS = 5120
/** See {@link MANAGED_POLICY_MAX_CHARS}. */
export const ROLE_POLICIES_MAX_CHARS = 10_240
/** See {@link MANAGED_POLICY_MAX_CHARS}. */
export const TRUST_POLICY_MAX_CHARS = 2048
/** See {@link MANAGED_POLICY_MAX_CHARS}. */
export const SESSION_POLICY_MAX_CHARS = 2048
/**
 * Characters of a service or resource control policy, white space included. Source: AWS Organizations User Guide,
 * "Quotas".
 */
export const CONTROL_POLICY_MAX_CHARS = 5120

/** The characters of a policy that count towards IAM's quotas: white space never does. */
export function countedChars(text: string): number {
  return text.replace(/\s+/g, '').length
}
