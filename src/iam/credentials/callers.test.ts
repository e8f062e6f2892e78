import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Caller } from '../../dispatch/caller.ts'
import type { RoleValue, UserValue } from '../iam-records.ts'
import { ownSessionCaller, roleSessionCaller, rootCaller, userCaller } from './callers.ts'

const ACCOUNT = '111122223333'
const ISSUED = Date.UTC(2026, 10, 25, 4, 3, 40)
const FORGE = 'forge.example.com/ci'

const USER: UserValue = {
  ...{ format: 1, id: 'AIDAX', name: 'ada', path: '/team/', createdAt: 0, inline: [], attached: [] },
  ...{ tags: [{ key: 'Team', value: 'red' }], groups: [], accessKeys: [] },
}
const ROLE: RoleValue = {
  ...{ format: 1, id: 'AROAX', name: 'app', path: '/', createdAt: 0, inline: [], attached: [] },
  ...{
    tags: [{ key: 'Team', value: 'red' }],
    maxSessionSeconds: 3600,
    trust: '{}',
    bindings: {},
    profiles: [],
  },
}
const FACTS = { accessKeyId: 'ASIAX', issuedAt: ISSUED }
const SESSION = { ...FACTS, name: 'ci', tags: [{ key: 'team', value: 'blue' }] }
const nobody = () => ({ identity: [] })

/** Every global condition key that says who calls. Source: IAM User Guide, "AWS global condition context keys". */
const KEYS = [
  ...['aws:principalarn', 'aws:principalaccount', 'aws:principaltype', 'aws:userid', 'aws:username'],
  ...['aws:principaltag/team', 'aws:tokenissuetime', 'aws:multifactorauthpresent', 'aws:multifactorauthage'],
  ...['aws:sourceidentity', 'aws:federatedprovider', `${FORGE}:sub`, `${FORGE}:amr`],
]

function keysOf({ keys }: Caller): Readonly<Record<string, unknown>> {
  return Object.fromEntries(KEYS.flatMap((key) => (keys(key) === undefined ? [] : [[key, keys(key)]])))
}

const OF_SESSIONS = { 'aws:tokenissuetime': '2026-11-25T04:03:40Z', 'aws:multifactorauthpresent': 'false' }
const OF_ROOT = {
  'aws:principalarn': `arn:aws:iam::${ACCOUNT}:root`,
  'aws:principalaccount': ACCOUNT,
  'aws:principaltype': 'Account',
  'aws:userid': ACCOUNT,
}
const OF_USER = {
  'aws:principalarn': `arn:aws:iam::${ACCOUNT}:user/team/ada`,
  'aws:principalaccount': ACCOUNT,
  'aws:principaltype': 'User',
  'aws:userid': 'AIDAX',
  'aws:username': 'ada',
  'aws:principaltag/team': 'red',
}
const OF_ROLE = {
  'aws:principalarn': `arn:aws:iam::${ACCOUNT}:role/app`,
  'aws:principalaccount': ACCOUNT,
  'aws:principaltype': 'AssumedRole',
  'aws:userid': 'AROAX:ci',
  'aws:principaltag/team': 'blue',
  ...OF_SESSIONS,
}
const PROVIDER = `arn:aws:iam::${ACCOUNT}:oidc-provider/${FORGE}`

test('each kind of caller has its condition keys, and no others', () => {
  const callers: readonly (readonly [Caller, object])[] = [
    [rootCaller(ACCOUNT, 'AKIAX', nobody), OF_ROOT],
    [ownSessionCaller(ACCOUNT, undefined, FACTS, nobody), { ...OF_ROOT, ...OF_SESSIONS }],
    [userCaller(ACCOUNT, USER, 'AKIAX', nobody), OF_USER],
    [ownSessionCaller(ACCOUNT, USER, FACTS, nobody), { ...OF_USER, ...OF_SESSIONS }],
    [roleSessionCaller(ACCOUNT, ROLE, SESSION, nobody), OF_ROLE],
    [
      ownSessionCaller(ACCOUNT, USER, { ...FACTS, mfaAt: ISSUED }, nobody),
      { ...OF_USER, ...OF_SESSIONS, 'aws:multifactorauthpresent': 'true' },
    ],
    [
      roleSessionCaller(ACCOUNT, ROLE, { ...SESSION, mfaAt: ISSUED }, nobody),
      { ...OF_ROLE, 'aws:multifactorauthpresent': 'true' },
    ],
    [
      roleSessionCaller(ACCOUNT, ROLE, { ...SESSION, sourceIdentity: 'ada' }, nobody),
      { ...OF_ROLE, 'aws:sourceidentity': 'ada' },
    ],
    [
      roleSessionCaller(
        ...([ACCOUNT, ROLE] as const),
        {
          ...SESSION,
          provider: PROVIDER,
          federation: [
            [`${FORGE}:sub`, 'x'],
            [`${FORGE}:amr`, ['mfa']],
          ],
        },
        nobody,
      ),
      { ...OF_ROLE, 'aws:federatedprovider': PROVIDER, [`${FORGE}:sub`]: 'x', [`${FORGE}:amr`]: ['mfa'] },
    ],
  ]
  for (const [caller, keys] of callers) assert.deepEqual(keysOf(caller), keys, caller.arn)
})
