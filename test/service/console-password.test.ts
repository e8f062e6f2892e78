/** Sign-in to the web console by password and code, and attempts to get in without them. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { IAMClient } from '@aws-sdk/client-iam'
import { readEvents } from '../support/audit.ts'
import { runHoldfast } from '../support/command.ts'
import { callAsPage, type Posted, postSession } from '../support/console-http.ts'
import { allow, iamClient, policyText } from '../support/iam.ts'
import { codeAt, enableDevice } from '../support/mfa.ts'
import { type Answer, callIam, inside } from '../support/sdk-by-name.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const ACCOUNT = '000000000000'
const PASSWORD = 'correct Horse 1'
const SIGN_IN_SOURCE = 'signin.amazonaws.com'

let server: TestServer
let client: IAMClient

before(async () => {
  server = await startServer({ environment: { HOLDFAST_CONSOLE: 'on' } })
  client = iamClient(server)
})

after(async () => {
  client.destroy()
  await server[Symbol.asyncDispose]()
})

const iam = (name: string, input: object = {}): Promise<Answer> => callIam(client, name, input)

const signIn = (
  user: string,
  more: object = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Posted> =>
  postSession(server, 'password', { account: ACCOUNT, user, password: PASSWORD, ...more }, headers)

/** A user with a password and this permission. */
async function person(name: string, statement: object = allow('kms:ListAliases')): Promise<void> {
  await iam('CreateUser', { UserName: name })
  const PolicyDocument = policyText(statement)
  await iam('PutUserPolicy', { UserName: name, PolicyName: 'own', PolicyDocument })
  await iam('CreateLoginProfile', { UserName: name, Password: PASSWORD })
}

async function signedIn(name: string, more: object = {}): Promise<Posted> {
  const session = await signIn(name, more)
  assert.equal(session.status, 200, session.text)
  assert.equal(session.signedIn, true, session.text)
  assert.equal((await callAsPage(server, session, session.cookie)).status, 200)
  return session
}

/** Asserts that neither the credentials nor the cookie of a session are of use. */
async function assertEnded(session: Posted): Promise<void> {
  assert.equal((await callAsPage(server, session, session.cookie)).code, 'UnrecognizedClientException')
  const renewed = await postSession(server, 'renew', {}, { cookie: session.cookie })
  assert.equal(renewed.signedIn, false, renewed.text)
}

async function signInEvents(user: string): Promise<readonly Answer[]> {
  const all = (await readEvents(server.data)).filter(({ eventSource }) => eventSource === SIGN_IN_SOURCE)
  return all.filter(({ userIdentity }) => inside(userIdentity, 'userName') === user)
}

// These two are the first: beyond the rate of an address, failed sign-ins are counted and have no events of their own.
test('sign-ins are recorded as CloudTrail does, without what was typed into them', async () => {
  await person('rolf')
  await signIn('rolf', { password: 'wrong Horse 9' })
  await signIn('my Secret 8')
  await signedIn('rolf')
  const events = await until('the log has the sign-ins', async () => {
    const found = await signInEvents('rolf')
    return found.length >= 2 ? found : undefined
  })
  const [failed, succeeded] = events
  assert.deepEqual(
    [failed?.['errorMessage'], failed?.['errorCode'], failed?.['responseElements']],
    ['Failed authentication', undefined, { ConsoleLogin: 'Failure' }],
  )
  assert.deepEqual(succeeded?.['responseElements'], { ConsoleLogin: 'Success' })
  assert.equal(inside(succeeded?.['userIdentity'], 'arn'), `arn:aws:iam::${ACCOUNT}:user/rolf`)
  const hidden = await signInEvents('HIDDEN_DUE_TO_SECURITY_REASONS')
  assert.equal(hidden.at(-1)?.['errorMessage'], 'No username found in supplied account')
  const log = JSON.stringify(await readEvents(server.data))
  for (const secret of [PASSWORD, 'wrong Horse 9', 'my Secret 8']) assert.ok(!log.includes(secret))
})

test('a user with MFA needs a code, which works once, and policies see it', async () => {
  await person('mia', {
    ...allow('kms:ListAliases'),
    Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
  })
  const serial = await enableDevice(iam, 'of-mia', { UserName: 'mia' })
  const asked = await signIn('mia')
  assert.deepEqual([asked.signedIn, asked.needs], [false, { code: true, newPassword: false }])
  assert.equal(asked.cookie, '')
  const wrong = await signIn('mia', { code: '000000' })
  assert.deepEqual(wrong, await signIn('mia', { password: 'wrong' }))
  const code = codeAt(serial, 1)
  const both = await Promise.all([signIn('mia', { code }), signIn('mia', { code })])
  assert.deepEqual(both.map(({ status }) => status).toSorted(), [200, 403])
  const session = both.find(({ status }) => status === 200)
  assert.ok(session)
  assert.equal((await callAsPage(server, session, session.cookie)).status, 200)
  const renewed = await postSession(server, 'renew', {}, { cookie: session.cookie })
  assert.equal((await callAsPage(server, renewed, session.cookie)).status, 200, 'after a renewal too')
  assert.deepEqual(await signIn('mia', { code }), wrong, 'a replayed code is a wrong code')
  const events = await until('the log has the sign-ins', async () => {
    const found = await signInEvents('mia')
    return found.filter(({ errorMessage }) => errorMessage !== undefined).length >= 4 ? found : undefined
  })
  const of = (name: string) => events.filter(({ eventName }) => eventName === name)
  assert.deepEqual(of('CheckMfa')[0]?.['additionalEventData'], { MfaType: 'Virtual MFA' })
  const [success] = of('ConsoleLogin').filter(({ errorMessage }) => errorMessage === undefined)
  assert.deepEqual(success?.['additionalEventData'], {
    ...{ LoginTo: '/console/', MobileVersion: 'No', MFAIdentifier: serial, MFAUsed: 'Yes' },
    SignInMethod: 'Password',
  })
})

test('a user signs in by account id or alias, name and password, and calls need the cookie too', async () => {
  await person('ada')
  await iam('CreateAccountAlias', { AccountAlias: 'the-team' })
  const session = await signedIn('ada')
  assert.match(session.text, /"arn":"arn:aws:iam::000000000000:user\/ada"/)
  assert.equal((await callAsPage(server, session, undefined)).code, 'UnrecognizedClientException')
  const other = await signedIn('ADA', { account: 'the-team' })
  assert.equal((await callAsPage(server, session, other.cookie)).code, 'UnrecognizedClientException')
  assert.equal((await callAsPage(server, session, session.cookie)).status, 200)
  const denied = await callAsPage(server, session, session.cookie, 'ListKeys')
  assert.equal(denied.code, 'AccessDeniedException')
})

test('wrong passwords, users without one, unknown users and accounts get one answer', async () => {
  await person('eve')
  await iam('CreateUser', { UserName: 'without' })
  const answers = [
    await signIn('eve', { password: 'wrong' }),
    await signIn('without'),
    await signIn('nobody'),
    await signIn('eve', { account: '999999999999' }),
    await signIn('eve', { account: 'no-such-alias' }),
  ]
  const [first, ...others] = answers
  assert.equal(first?.status, 403)
  assert.match(String(first?.text), /is not correct/)
  for (const answer of others) assert.deepEqual(answer, first)
})

test('a password that must be reset is replaced at sign-in, under the policy of the account', async () => {
  await person('rita')
  await iam('UpdateLoginProfile', { UserName: 'rita', PasswordResetRequired: true })
  const asked = await signIn('rita')
  assert.deepEqual(asked.needs, { code: false, newPassword: true })
  const short = await signIn('rita', { newPassword: 'short' })
  assert.deepEqual([short.status, short.code], [403, 'PasswordPolicyViolationException'])
  const same = await signIn('rita', { newPassword: PASSWORD })
  assert.deepEqual([same.status, same.code], [403, 'PasswordPolicyViolationException'])
  assert.deepEqual((await signIn('rita')).needs, { code: false, newPassword: true })
  await signedIn('rita', { newPassword: 'another Horse 2' })
  assert.equal((await signIn('rita')).status, 403)
  await signedIn('rita', { password: 'another Horse 2' })
  const profile = inside(await iam('GetLoginProfile', { UserName: 'rita' }), 'LoginProfile')
  assert.equal(inside(profile, 'PasswordResetRequired'), false)
})

test('a session ends at once with the password, the login profile, the user and by sign-out', async () => {
  const changes: readonly (readonly [string, (name: string, session: Posted) => Promise<unknown>])[] = [
    ['changed', (UserName) => iam('UpdateLoginProfile', { UserName, Password: 'another Horse 2' })],
    ['removed', (UserName) => iam('DeleteLoginProfile', { UserName })],
    [
      'deleted',
      async (UserName) => {
        await iam('DeleteLoginProfile', { UserName })
        await iam('DeleteUserPolicy', { UserName, PolicyName: 'own' })
        await iam('DeleteUser', { UserName })
      },
    ],
    ['ended', (_, { cookie }) => postSession(server, 'end', {}, { cookie })],
  ]
  for (const [name, change] of changes) {
    await person(name)
    const session = await signedIn(name)
    const other = await signedIn(name)
    await change(name, session)
    await assertEnded(session)
    if (name !== 'ended') await assertEnded(other)
  }
})

test('a changed password also ends a session that a link has begun', async () => {
  await person('linda')
  const { output, errors } = await runHoldfast(server.data, 'console', '--user', 'linda')
  const link = /#link=(\S+)/.exec(output + errors)?.[1]
  const session = await postSession(server, 'begin', { link })
  assert.equal((await callAsPage(server, session, session.cookie)).status, 200)
  await iam('UpdateLoginProfile', { UserName: 'linda', Password: 'another Horse 2' })
  await assertEnded(session)
})

test('a cookie that was there before sign-in is not taken over', async () => {
  await person('fixa')
  const planted = `__Host-holdfast-console=${ACCOUNT}.11111111-1111-4111-8111-111111111111.${'A'.repeat(43)}`
  const session = await signIn('fixa', {}, { cookie: planted })
  assert.equal(session.status, 200)
  assert.notEqual(session.cookie, planted)
  assert.equal((await callAsPage(server, session, planted)).code, 'UnrecognizedClientException')
  const next = await signIn('fixa', {}, { cookie: session.cookie })
  assert.notEqual(next.cookie, session.cookie)
  await assertEnded(session)
})

test('another site can neither sign in nor guess', async () => {
  await person('carl')
  const foreign: readonly Readonly<Record<string, string>>[] = [
    { origin: 'https://attacker.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ]
  for (let round = 0; round < 3; round += 1) {
    for (const headers of foreign) {
      const { status, code } = await signIn('carl', { password: 'wrong' }, headers)
      assert.deepEqual([status, code], [403, undefined])
    }
  }
  await signedIn('carl')
})

test('no answer sends a browser to another site after sign-in', async () => {
  for (const path of [
    '',
    '/',
    '//evil.example',
    '/%2f%2fevil.example',
    '/\\evil.example',
    '/x?next=//evil.example',
  ]) {
    const response = await fetch(`${server.endpoint}/console${path}`, { redirect: 'manual' })
    const location = response.headers.get('location') ?? '/console/'
    assert.equal(location, '/console/', path)
  }
  const response = await fetch(`${server.endpoint}/console?next=https://evil.example`, { redirect: 'manual' })
  assert.equal(response.headers.get('location'), '/console/')
})

test('bodies without the texts of a sign-in, or with others, are refused', async () => {
  const whole = { account: ACCOUNT, user: 'ada', password: PASSWORD }
  const { account: _account, ...withoutAccount } = whole
  const wrong: readonly object[] = [
    {},
    [],
    withoutAccount,
    { ...whole, password: 1 },
    { ...whole, password: '' },
    { ...whole, password: 'x'.repeat(129) },
    { ...whole, user: 'x'.repeat(129) },
    { ...whole, code: 123456 },
    { ...whole, code: null },
    { ...whole, newPassword: 'snow ☃ man' },
  ]
  for (const body of wrong) {
    const { status, code } = await postSession(server, 'password', body)
    assert.deepEqual([status, code], [403, 'ValidationException'], JSON.stringify(body))
  }
})

test('the last sign-in is in GetUser, ListUsers and the credential report', async () => {
  await person('lara')
  const before = await iam('GetUser', { UserName: 'lara' })
  assert.equal(inside(before, 'User', 'PasswordLastUsed'), undefined)
  await signedIn('lara')
  const used = inside(await iam('GetUser', { UserName: 'lara' }), 'User', 'PasswordLastUsed')
  assert.ok(used instanceof Date && Math.abs(used.getTime() - Date.now()) < 60_000)
  const users = inside(await iam('ListUsers'), 'Users') as readonly object[]
  const listed = users.find((user) => inside(user, 'UserName') === 'lara')
  assert.deepEqual(inside(listed, 'PasswordLastUsed'), used)
  await iam('GenerateCredentialReport')
  const content = inside(await iam('GetCredentialReport'), 'Content') as Uint8Array
  const line = Buffer.from(content)
    .toString()
    .split('\n')
    .find((one) => one.startsWith('lara,'))
  assert.equal(line?.split(',')[4], used.toISOString().replace('.000Z', '+00:00'))
})

test('a session ends with a device that is made again and has the same serial number', async () => {
  await person('dora')
  const SerialNumber = await enableDevice(iam, 'of-dora', { UserName: 'dora' })
  const session = await signedIn('dora', { code: codeAt(SerialNumber, 1) })
  await iam('DeactivateMFADevice', { UserName: 'dora', SerialNumber })
  await assertEnded(session)
  await iam('DeleteVirtualMFADevice', { SerialNumber })
  assert.equal(await enableDevice(iam, 'of-dora', { UserName: 'dora' }), SerialNumber)
  await assertEnded(session)
  await signedIn('dora', { code: codeAt(SerialNumber, 1) })
})

test('after ten wrong passwords the right one is refused too, as it is for an unknown user', async () => {
  await person('mallory')
  for (const user of ['mallory', 'unknown']) {
    const answers: Posted[] = []
    for (let attempt = 0; attempt < 10; attempt += 1) answers.push(await signIn(user, { password: 'wrong' }))
    assert.deepEqual(
      answers.filter(({ code }) => code !== 'AccessDeniedException'),
      [],
    )
    const { status, code } = await signIn(user)
    assert.deepEqual([status, code], [403, 'ThrottlingException'], user)
  }
})
