import type { Caller } from './caller.ts'

/** The region of the events of unsigned calls, which name none. */
export const UNSIGNED_REGION = 'us-east-1'

/**
 * The caller of an unsigned call: nobody, until the operation has checked its input.
 *
 * @param account whose log gets the event of a call without a caller.
 */
export function unsignedCaller(account: string): Caller {
  return {
    account,
    arn: 'anonymous',
    accessKeyId: '',
    principal: { type: 'WebIdentity', arn: '' },
    identityJson: '{"type":"Unknown"}',
    keys: (name) => (name === 'aws:principaltype' ? 'Anonymous' : undefined),
    policies: () => ({ identity: [] }),
  }
}
