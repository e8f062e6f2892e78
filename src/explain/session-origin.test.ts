import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LookupQuestion } from '../audit-index/lookup.ts'
import { neverGiveWay } from '../base/slices.ts'
import type { RecordedIdentity } from '../iam/credentials/recorded-caller.ts'
import type { EventSource } from './explain-dependencies.ts'
import type { RecordedEvent } from './recorded-event.ts'
import { SessionOrigins } from './session-origin.ts'

const ROLE = 'arn:aws:iam::111122223333:role/app'
const SECOND = 1_764_000_000
const MADE_AT = new Date(SECOND * 1000).toISOString()

/** The events that make sessions, in the second of one account and region; other scopes have none. */
function origins(events: readonly object[]) {
  const asked: LookupQuestion[] = []
  const source: EventSource = {
    find: async () => [],
    scopes: async () => [
      { account: '444455556666', region: 'eu-west-1' },
      { account: '111122223333', region: 'us-east-1' },
    ],
    lookup: async (question) => {
      asked.push(question)
      const here = question.account === '111122223333'
      return { events: here ? events.map((event) => JSON.stringify(event)) : [], next: undefined }
    },
  }
  const found = new SessionOrigins(source, neverGiveWay)
  return { asked, found }
}

function event(identity: RecordedIdentity | undefined): RecordedEvent {
  return {
    eventID: '00000000-0000-4000-8000-000000000001',
    eventTime: MADE_AT,
    eventSource: 'kms.amazonaws.com',
    eventName: 'Encrypt',
    awsRegion: 'eu-west-1',
    sourceIPAddress: '192.0.2.1',
    recipientAccountId: '111122223333',
    ...(identity && { userIdentity: identity }),
  }
}

function session(accessKeyId: string, creationDate = MADE_AT): RecordedEvent {
  const sessionContext = { attributes: { creationDate }, sessionIssuer: { arn: ROLE } }
  return event({ type: 'AssumedRole', accessKeyId, sessionContext })
}

function making(accessKeyId: string, requestParameters: object, type = 'IAMUser'): object {
  return { userIdentity: { type }, requestParameters, responseElements: { credentials: { accessKeyId } } }
}

const NOTHING = { policy: undefined, policyArns: [], tags: [] }

test('what was passed to a session is found by its role, its second and its access key, once', async () => {
  const { asked, found } = origins([
    making('ASIA1', { policy: 'other' }),
    { userIdentity: {}, responseElements: null },
    making('ASIA2', {
      policy: '{}',
      policyArns: [{ arn: 'arn:p' }],
      tags: [{ key: 'team', value: 'blue' }, { key: 'x' }],
    }),
  ])
  const passed = {
    policy: '{}',
    policyArns: ['arn:p'],
    tags: [
      { key: 'team', value: 'blue' },
      { key: 'x', value: '' },
    ],
  }
  for (const _ of ['first', 'again']) {
    assert.deepEqual(await found.find(session('ASIA2')), { passed, unknown: [] })
  }
  assert.equal(asked.length, 2)
  assert.deepEqual(asked[1]?.attribute, { name: 'ResourceName', value: ROLE })
  assert.deepEqual([asked[1]?.fromSecond, asked[1]?.toSecond], [SECOND, SECOND + 60])
})

test('a session that another session has made may have inherited tags', async () => {
  const { found } = origins([making('ASIA1', {}, 'AssumedRole')])
  assert.deepEqual(await found.find(session('ASIA1')), {
    passed: NOTHING,
    unknown: ['tags that the session inherited from the one that made it'],
  })
})

test('the subject and audience of the token that made a session are found in the event', async () => {
  const provider = 'arn:aws:iam::111122223333:oidc-provider/Forge.example.com/ci'
  const subject = 'repo:team/app'
  const made = making('ASIA1', {}, 'WebIdentityUser')
  const identity = {
    type: 'WebIdentityUser',
    principalId: `${provider}:sts.amazonaws.com:${subject}`,
    userName: subject,
    identityProvider: provider,
  }
  const { found } = origins([{ ...made, userIdentity: identity }])
  assert.deepEqual(await found.find(session('ASIA1')), {
    passed: {
      ...NOTHING,
      federation: [
        ['forge.example.com/ci:aud', 'sts.amazonaws.com'],
        ['forge.example.com/ci:sub', subject],
      ],
    },
    unknown: ['what the token said beside its subject and audience'],
  })
})

test('what was passed to a session is unknown when its making is not in the log, or cannot be looked for', async () => {
  const { asked, found } = origins([making('ASIA1', {})])
  for (const one of [
    session('ASIA2'),
    session('ASIA3', 'no date'),
    event({ type: 'AssumedRole', accessKeyId: 'ASIA4' }),
    event({ type: 'AssumedRole', sessionContext: { attributes: { creationDate: MADE_AT } } }),
  ]) {
    const { passed, unknown } = await found.find(one)
    assert.deepEqual(passed, NOTHING)
    assert.match(unknown.join(), /^session policies and session tags: the call that made the session is not/)
  }
  assert.equal(asked.length, 2)
})

test('nothing is passed to callers who are no sessions of roles', async () => {
  const { asked, found } = origins([])
  for (const identity of [undefined, { type: 'Root' }, { type: 'IAMUser', accessKeyId: 'AKIA' }]) {
    assert.deepEqual(await found.find(event(identity)), { passed: NOTHING, unknown: [] })
  }
  assert.equal(asked.length, 0)
})
