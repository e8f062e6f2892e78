/** What is wrong with a policy: its form, a principal that it names, or a statement that names none. */
type Fault = 'Syntax' | 'Principal' | 'NoPrincipal'

type Details = {
  readonly fault?: Fault
  /** What AWS IAM says; {@link SYNTAX_ERRORS} when it has nothing more exact to say. */
  readonly iamText?: string
}

/** What AWS IAM says of most that is wrong. Source: recorded answers. */
export const SYNTAX_ERRORS = 'Syntax errors in policy.'

/** A policy text that is not a policy. The message says where and what would be right. */
export class PolicySyntaxError extends Error {
  override readonly name = 'PolicySyntaxError'
  /** `Principal` when the form is right but a principal is not one; `NoPrincipal` when there is none. */
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
  return `Invalid principal in policy: ${quote(type === 'AWS' ? type : type.toUpperCase())}:${quote(name)}`
}

/** Longest piece of a policy that a message repeats. */
const QUOTE_MAX_CHARS = 64

/** A piece of untrusted text as a message shows it: quoted, escaped and cut. */
export function quote(text: string): string {
  return JSON.stringify(text.length > QUOTE_MAX_CHARS ? `${text.slice(0, QUOTE_MAX_CHARS)}…` : text)
}
