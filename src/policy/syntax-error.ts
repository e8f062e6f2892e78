/**
 * What is wrong with a policy: its form, a principal or service that it names, a statement that names nobody or has no
 * action.
 */
type Fault = 'Syntax' | 'Principal' | 'NoPrincipal' | 'Service' | 'Action'

/** What is known of a mistake besides its message. */
export type Details = {
  readonly fault?: Fault
  /** What AWS IAM says; {@link SYNTAX_ERRORS} when it has nothing more exact to say. */
  readonly iamText?: string
}

/** What AWS IAM says of most that is wrong. Source: recorded answers. */
export const SYNTAX_ERRORS = 'Syntax errors in policy.'

/**
 * What AWS IAM says of an effect in another case, of values that have not the form of their operator, and of ARNs
 * with too few colons. Source: recorded answers.
 */
export const LEGACY_PARSING = 'The policy failed legacy parsing'

/** What AWS IAM says of other actions of STS in a trust policy. Source: recorded answers. */
export const ASSUME_ROLE_ONLY = 'AssumeRole policy may only specify STS AssumeRole actions.'

/** What AWS IAM says of a trust policy with a statement that names nobody. Source: recorded answers. */
export const NO_PRINCIPALS =
  'Invalid principal in policy: com.amazon.balsa.error.InvalidPolicyException: The passed in policy has a statement with no principals!'

/** A policy text that is not a policy. The message says where and what would be right. */
export class PolicySyntaxError extends Error {
  override readonly name = 'PolicySyntaxError'
  /** `Principal` and `Service` when the form is right but a principal is not one; `NoPrincipal` when there is none. */
  readonly fault: Fault
  /** The message of IAM's MalformedPolicyDocument for the same mistake. */
  readonly iamText: string

  constructor(message: string, { fault = 'Syntax', iamText = SYNTAX_ERRORS }: Details = {}) {
    super(message)
    this.fault = fault
    this.iamText = iamText
  }
}

/**
 * What IAM says of a principal that is not one, or does not exist. Terraform looks for the first words.
 * Source: recorded answers.
 *
 * @param type `AWS`, `Service` and so on, as the policy has it.
 */
export function invalidPrincipalText(type: string, name: string): string {
  if (type === 'Federated') return 'Federated principals must be valid domain names or SAML metadata ARNs'
  return `Invalid principal in policy: ${quote(type === 'AWS' ? type : type.toUpperCase())}:${quote(name)}`
}

/** Longest piece of a policy that a message repeats. */
const QUOTE_MAX_CHARS = 64

/** A piece of untrusted text as a message shows it: quoted, escaped and cut. */
export function quote(text: string): string {
  return JSON.stringify(text.length > QUOTE_MAX_CHARS ? `${text.slice(0, QUOTE_MAX_CHARS)}…` : text)
}
