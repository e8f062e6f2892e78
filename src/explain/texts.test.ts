import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCOUNT_KEY, KEY, keyFor, policy, request, USER } from '../../test/support/policies.ts'
import { compilePolicy } from '../policy/compile.ts'
import { decide, type Policies } from '../policy/decide.ts'
import { explainDecision } from '../policy/explain.ts'
import { smallestChange } from '../policy/smallest-change.ts'
import { callJson, formatCall } from './call-text.ts'
import type { Examined } from './examine.ts'
import { explainedJson } from './examined-json.ts'
import type { ExplainedCall } from './explain-call.ts'
import { formatExamined, formatSimulated } from './path-text.ts'
import { formatWhatIf } from './what-if-text.ts'

const HOSTILE = '\u001b]0;x\u0007\r\u009b1A\u202e'
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u

function examined(policies: Policies, change: Partial<Examined> = {}): Examined {
  const asked = request(USER)
  const decision = decide(asked, policies)
  return {
    request: asked,
    decision,
    explanation: explainDecision(asked, policies),
    grants: [],
    change: decision.allow ? undefined : smallestChange(asked, policies),
    asked: new Map(),
    levels: { scp: [], rcp: [] },
    ...change,
  }
}

function assertPrintable(lines: readonly string[]): void {
  for (const line of lines) assert.doesNotMatch(line, UNPRINTABLE)
}

const EVENT = {
  eventID: '00000000-0000-4000-8000-000000000001',
  eventTime: '2026-11-25T00:00:00Z',
  eventSource: 'kms.amazonaws.com',
  eventName: 'Encrypt',
  awsRegion: 'eu-west-1',
  sourceIPAddress: '192.0.2.1',
  recipientAccountId: '111122223333',
}

test('nothing that a call, a policy or a grant says acts on a terminal', () => {
  const named = compilePolicy(
    {
      version: '2012-10-17',
      id: undefined,
      statements: [
        {
          sid: HOSTILE,
          effect: 'Deny',
          principals: undefined,
          actions: { negated: false, values: ['kms:*'] },
          resources: { negated: false, values: [`arn:aws:kms:*:*:*${HOSTILE}`] },
          conditions: [],
        },
      ],
    },
    { name: HOSTILE },
  )
  const grants = [
    { id: 'a', name: HOSTILE, misses: [{ element: 'SourceArn', wanted: [HOSTILE], found: [HOSTILE] }] },
  ] as const
  const asked = new Map([[`aws:principaltag/${HOSTILE}`, undefined]])
  const one = examined({ resource: ACCOUNT_KEY, identity: [named] }, { grants, asked })
  assertPrintable(formatSimulated(one))
  const event = {
    ...EVENT,
    userAgent: HOSTILE,
    eventName: HOSTILE,
    errorCode: 'AccessDenied',
    errorMessage: HOSTILE,
    resources: [{ ARN: HOSTILE }],
    userIdentity: { type: HOSTILE, arn: HOSTILE, accessKeyId: HOSTILE },
  }
  const call: ExplainedCall = {
    event,
    result: 'refused',
    reason: HOSTILE,
    now: { allowed: false, permissions: [one], differs: undefined, unknown: [HOSTILE] },
  }
  assertPrintable(formatCall(call))
  assertPrintable(formatCall({ ...call, now: { because: HOSTILE } }))
  const tally = { what: HOSTILE, calls: 1, eventIds: ['1'] }
  const group = { becomes: 'refused', principal: HOSTILE, action: 'kms:Sign', reason: HOSTILE } as const
  const lines = formatWhatIf({
    ...{ key: HOSTILE, days: 1, principal: HOSTILE, locksOut: true, current: false },
    ...{ calls: 1, decided: 1, movedOn: 1, otherChanges: 1, notDecided: [tally], notExact: [tally] },
    changes: [{ ...group, calls: 1, first: '1', last: '2', eventIds: ['1'] }],
  })
  assertPrintable(lines)
  assert.ok(lines.includes('The index is behind the audit log: the latest calls are missing.'))
})

test('statements about other actions are counted, and those that come close are shown with what misses', () => {
  const many = Array.from({ length: 10 }, (_, index) => `arn:aws:kms:eu-west-1:111122223333:key/${index}`)
  const identity = policy(
    'identity',
    { Effect: 'Allow', Action: 's3:*', Resource: '*' },
    { Sid: 'Close', Effect: 'Allow', Action: 'kms:Encrypt', Resource: many },
  )
  const lines = formatExamined(examined({ resource: ACCOUNT_KEY, identity: [identity] }))
  assert.ok(lines.includes('    1 statement is about other actions'))
  assert.ok(lines.includes('    statement 2 "Close" (Allow) does not match:'))
  assert.ok(lines.some((line) => line.endsWith(`key/7" and 2 more; the call has "${KEY}"`)))
  assert.ok(lines.includes('  the smallest change that would allow it:'))
})

test('grants that come closest are listed first, and those beyond the list are counted', () => {
  const far = Array.from({ length: 25 }, (_, index) => ({
    id: `far-${index}`,
    name: undefined,
    misses: [{ element: 'Operations', wanted: ['Sign'], found: ['Encrypt'] }] as const,
  }))
  const near = { id: 'near', name: 'n', misses: [] }
  const lines = formatExamined(examined({ resource: ACCOUNT_KEY, identity: [] }, { grants: [...far, near] }))
  const from = lines.indexOf('  grants to the caller:')
  assert.equal(lines[from + 1], '    grant near "n" covers the operation')
  assert.ok(lines.includes('    and 6 more'))
})

test('an allowed request by a grant names the grant, and needs no change', () => {
  const grants = [{ id: 'g', grantee: USER.arn, issuingAccount: '111122223333' }]
  const one = examined(
    { resource: keyFor({ AWS: '444455556666' }), identity: [], grants },
    { grants: [{ id: 'g', name: undefined, misses: [] }] },
  )
  const lines = formatExamined(one)
  assert.ok(lines.includes('    grant g matches'))
  assert.ok(!lines.some((line) => line.includes('change')))
  assert.equal(Object.hasOwn(JSON.parse(JSON.stringify(explainedJson(one))), 'smallestChange'), false)
})

test('a request that no change of a policy would allow is said to be one, and null in JSON', () => {
  const one = examined({ resource: ACCOUNT_KEY, identity: [] }, { change: undefined })
  assert.ok(
    formatExamined(one).includes(
      '  no change of a policy would allow it and keep what the other policies require',
    ),
  )
  assert.equal(JSON.parse(JSON.stringify(explainedJson(one))).smallestChange, null)
})

test('a decision that failed shows no error of the inside', () => {
  const decision = { allow: false, why: { kind: 'Failed', error: new Error('inside') } } as const
  const explanation = { decision, policies: [], grants: [], complete: false }
  const one = examined({ identity: [] }, { decision, explanation, change: undefined })
  assert.doesNotMatch(JSON.stringify(explainedJson(one)), /inside/)
  assert.ok(formatExamined(one).includes('  the policies take too many steps; the rest was not evaluated'))
})

test('the JSON of a call that cannot be decided again says why', () => {
  const json = callJson({ event: EVENT, result: 'failed', reason: undefined, now: { because: 'x' } })
  assert.deepEqual(JSON.parse(JSON.stringify(json)), {
    recorded: { result: 'failed', event: EVENT },
    notDecided: 'x',
  })
})
