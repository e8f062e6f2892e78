import { KmsError } from '../../api/errors.ts'
import { optional, text } from '../../api/shapes.ts'

/**
 * The policy that the caller has read before, and of which it has made the new one; empty if it has found none. Holdfast's own. The length is
 * that of `PolicyDocument`.
 */
export const EXPECTED_DOCUMENT = optional(text({ max: 131_072 }))

/** Checks that a policy still is the one that the caller has read. @throws ConflictException. */
export function checkExpected(expected: string | undefined, present: string | undefined): void {
  if (expected === undefined || expected === (present ?? '')) return
  throw new KmsError('ConflictException', 'The policy is not the expected one.')
}

/** The parameters of a call as its event shows them: the policy before is in an event of its own. */
export function withoutExpected<I extends { readonly ExpectedPolicyDocument?: string | undefined }>({
  ExpectedPolicyDocument: _,
  ...input
}: I): Omit<I, 'ExpectedPolicyDocument'> {
  return input
}
