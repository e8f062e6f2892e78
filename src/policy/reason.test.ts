import assert from 'node:assert/strict'
import test from 'node:test'
import type { Decision } from './decide.ts'
import { formatOutcome, formatReason } from './reason.ts'

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

const OUTCOMES: readonly (readonly [Decision, string])[] = [
  [
    { allow: false, why: { kind: 'ExplicitDeny', policy: 'scp', statement: NAMED, level: 2 } },
    'Denied by a service control policy of the organization.',
  ],
  [
    { allow: false, why: { kind: 'NotAllowed', policy: 'scp', level: 1 } },
    'Denied by a service control policy of the organization.',
  ],
  [
    { allow: false, why: { kind: 'ExplicitDeny', policy: 'rcp', statement: NAMED, level: 0 } },
    'Denied by a resource control policy of the organization.',
  ],
  [
    { allow: false, why: { kind: 'ExplicitDeny', policy: 'boundary', statement: PLAIN } },
    'Denied by statement 3 of the permissions boundary.',
  ],
  [{ allow: true, by: { kind: 'Grant', grantId: 'abc' } }, 'Allowed by grant abc.'],
]

for (const [decision, sentence] of OUTCOMES) {
  test(`formatOutcome says "${sentence}" of ${JSON.stringify(decision)}`, () => {
    assert.equal(formatOutcome(decision), sentence)
  })
}
