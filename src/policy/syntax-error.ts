/** What is wrong with a policy: its form, or a principal that it names. */
type Fault = 'Syntax' | 'Principal'

/** A policy text that is not a policy. The message says where and what would be right. */
export class PolicySyntaxError extends Error {
  override readonly name = 'PolicySyntaxError'
  /** `Principal` when the form is right but a principal is not one. */
  readonly fault: Fault

  constructor(message: string, fault: Fault = 'Syntax') {
    super(message)
    this.fault = fault
  }
}

/** Longest piece of a policy that a message repeats. */
const QUOTE_MAX_CHARS = 64

/** A piece of untrusted text as a message shows it: quoted, escaped and cut. */
export function quote(text: string): string {
  return JSON.stringify(text.length > QUOTE_MAX_CHARS ? `${text.slice(0, QUOTE_MAX_CHARS)}…` : text)
}
