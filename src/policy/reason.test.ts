import assert from 'node:assert/strict'
import test from 'node:test'
import type { Decision } from './decide.ts'
import { formatReason } from './reason.ts'

const NAMED = { policy: 'arn:aws:iam::111122223333:policy/p', index: 0, sid: 'Use' }
const PLAIN = { policy: undefined, index: 2, sid: undefined }

const REASONS: readonly (readonly [Decision, string])[] = [
  [
    { allow: true, by: { kind: 'Statement', policy: 'identity', statement: NAMED } },
    'Allowed by statement 1 ("Use") of the identity-based policy "arn:aws:iam::111122223333:policy/p".',
  ],
  [
    { allow: true, by: { kind: 'Statement', policy: 'resource', statement: PLAIN } },
    'Allowed by statement 3 of the resource-based policy.',
  ],
  [{ allow: true, by: { kind: 'Grant', grantId: 'abc' } }, 'Allowed by grant abc.'],
  [
    { allow: true, by: { kind: 'RootUser' } },
    'Allowed to the root user of the account, as nothing denies it.',
  ],
  [
    { allow: false, why: { kind: 'ExplicitDeny', policy: 'scp', statement: PLAIN, level: 0 } },
    'Denied by statement 3 of the service control policy at level 1.',
  ],
  [
    { allow: false, why: { kind: 'ExplicitDeny', policy: 'boundary', statement: NAMED } },
    'Denied by statement 1 ("Use") of the permissions boundary "arn:aws:iam::111122223333:policy/p".',
  ],
  [{ allow: false, why: { kind: 'NotAllowed', policy: 'session' } }, 'Not allowed by any session policy.'],
  [
    { allow: false, why: { kind: 'NotAllowed', policy: 'rcp', level: 1 } },
    'Not allowed by any resource control policy at level 2.',
  ],
  [
    { allow: false, why: { kind: 'NotAcrossAccounts' } },
    'The action does not work across accounts, whatever the policies say.',
  ],
  [{ allow: false, why: { kind: 'Failed', error: new Error('x') } }, 'The policies could not be evaluated.'],
]

for (const [decision, sentence] of REASONS) {
  test(`formatReason says "${sentence}"`, () => {
    assert.equal(formatReason(decision), sentence)
  })
}
