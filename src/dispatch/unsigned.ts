import type { Caller } from './caller.ts'

/** Where events of unsigned calls are placed: they name no region. */
export const UNSIGNED_REGION = 'us-east-1'

/**
 * Whoever makes a call that carries no signature: nobody, until the operation has looked at its input.
 *
 * @param account whose log takes the event of a call that names nobody.
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
