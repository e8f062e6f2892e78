/** Passkeys: made in the console, as second and as only factor, and attempts to get in without them. */

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { IAMClient } from '@aws-sdk/client-iam'
import { readEvents } from '../support/audit.ts'
import { type Asserted, type Authenticator, openAuthenticator, type Twist } from '../support/authenticator.ts'
import { callRaw, type Answer as RawAnswer } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import { callAsPage, callHoldfastAsPage, type Posted, postSession } from '../support/console-http.ts'
import { allow, iamClient, newKeyFor, outcomeOf, policyText } from '../support/iam.ts'
import { codeAt, enableDevice } from '../support/mfa.ts'
import { ROOT } from '../support/run.ts'
import { type Answer, callIam, inside } from '../support/sdk-by-name.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const ACCOUNT = '000000000000'
const PASSWORD = 'correct Horse 1'

let server: TestServer
let client: IAMClient
/** Browsers make passkeys at a name only. */
let origin: string

before(async () => {
  server = await startServer({ environment: { HOLDFAST_CONSOLE: 'on' } })
  client = iamClient(server)
  origin = server.endpoint.replace('127.0.0.1', 'localhost')
})

after(async () => {
  client.destroy()
  await server[Symbol.asyncDispose]()
})

const iam = (name: string, input: object = {}): Promise<Answer> => callIam(client, name, input)

/** Sends what a page at the name of this machine sends. */
const post = (path: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<Posted> =>
  postSession(server, path, body, { origin, host: new URL(origin).host, ...headers })

const byPassword = (user: string, more: object = {}): Promise<Posted> =>
  post('password', { account: ACCOUNT, user, password: PASSWORD, ...more })

const OWN = allow('kms:ListAliases', 'holdfast:StartPasskeyRegistration', 'holdfast:CreatePasskey')

async function person(name: string, statement: object = OWN): Promise<Posted> {
  await iam('CreateUser', { UserName: name })
  await iam('PutUserPolicy', { UserName: name, PolicyName: 'own', PolicyDocument: policyText(statement) })
  await iam('CreateLoginProfile', { UserName: name, Password: PASSWORD })
  const session = await byPassword(name)
  assert.equal(session.signedIn, true, session.text)
  return session
}

type Started = {
  readonly Challenge: string
  readonly UserHandle: string
  readonly CredentialIds: readonly string[]
}

async function started(session: Posted): Promise<Started> {
  const answer = await callHoldfastAsPage(server, session, 'StartPasskeyRegistration')
  assert.equal(answer.status, 200, answer.text)
  return answer.json as unknown as Started
}

async function create(
  session: Posted,
  device: Authenticator,
  { challenge, twist = {} }: { readonly challenge?: string; readonly twist?: Twist } = {},
): Promise<RawAnswer> {
  const start = await started(session)
  device.storeHandle(start.UserHandle)
  const { clientData, authenticatorData, publicKey, algorithm } = device.register(
    challenge ?? start.Challenge,
    twist,
  )
  return callHoldfastAsPage(server, session, 'CreatePasskey', {
    ...{ Name: 'laptop', Algorithm: algorithm, PublicKey: publicKey.toString('base64') },
    ClientData: clientData.toString('base64'),
    AuthenticatorData: authenticatorData.toString('base64'),
  })
}

async function withPasskey(name: string, statement: object = OWN) {
  const session = await person(name, statement)
  const device = openAuthenticator(origin)
  const made = await create(session, device)
  assert.equal(made.status, 200, made.text)
  return { device, session, serial: String(inside(made.json, 'SerialNumber')) }
}

async function challenge(): Promise<string> {
  const { status, text } = await post('passkey-start', {})
  assert.equal(status, 200, text)
  return JSON.parse(text).passkey.challenge
}

const use = (asserted: Asserted, headers: Readonly<Record<string, string>> = {}): Promise<Posted> =>
  post('passkey', { passkey: JSON.stringify(asserted) }, headers)

test('with the policy of the guide, a user without MFA makes the first passkey alone, and nothing else', async () => {
  const guide = await readFile(join(ROOT, 'docs/how-to/mfa-for-people.md'), 'utf8')
  const own = /^{\n {2}"Version".*?^}$/ms.exec(guide)?.[0]
  assert.ok(own)
  const session = await person('fay', allow('kms:ListAliases', 'iam:CreateUser'))
  await iam('PutUserPolicy', { UserName: 'fay', PolicyName: 'own-credentials', PolicyDocument: own })
  assert.equal((await callAsPage(server, session, session.cookie)).code, 'AccessDeniedException')
  const device = openAuthenticator(origin)
  const made = await create(session, device)
  assert.equal(made.status, 200, made.text)
  // Whoever has a device needs it for the next one.
  const next = await callHoldfastAsPage(server, session, 'StartPasskeyRegistration')
  assert.equal(next.status, 400, next.text)
  const proven = await use(device.assert(await challenge()))
  assert.equal(proven.signedIn, true, proven.text)
  assert.equal((await callAsPage(server, proven, proven.cookie)).status, 200)
  assert.equal((await create(proven, openAuthenticator(origin))).status, 200)
})

const MFA = { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } }

test('a user makes a passkey, which IAM lists, and signs in with it alone, with MFA', async () => {
  const { device, serial } = await withPasskey('ada', OWN)
  await iam('PutUserPolicy', {
    UserName: 'ada',
    PolicyName: 'own',
    PolicyDocument: policyText({ ...OWN, ...MFA }),
  })
  assert.match(serial, /^arn:aws:iam::000000000000:u2f\/user\/ada\/laptop-[0-9A-F]{20}$/)
  const [listed] = inside(await iam('ListMFADevices', { UserName: 'ada' }), 'MFADevices') as Answer[]
  assert.equal(inside(listed, 'SerialNumber'), serial)
  assert.equal(
    inside(await iam('GetMFADevice', { UserName: 'ada', SerialNumber: serial }), 'UserName'),
    'ada',
  )
  const session = await use(device.assert(await challenge()))
  assert.equal(session.signedIn, true, session.text)
  assert.equal((await callAsPage(server, session, session.cookie)).status, 200)
  assert.equal((await callAsPage(server, session, undefined)).code, 'UnrecognizedClientException')
  const event = await until('the log has the sign-in', async () =>
    (await readEvents(server.data)).findLast(
      ({ eventName, additionalEventData: data }) =>
        eventName === 'ConsoleLogin' && inside(data, 'SignInMethod') === 'Passkey',
    ),
  )
  assert.equal(inside(event.userIdentity, 'userName'), 'ada')
  assert.deepEqual(event['additionalEventData'], {
    ...{ LoginTo: '/console/', MobileVersion: 'No', MFAIdentifier: serial, MFAUsed: 'Yes' },
    SignInMethod: 'Passkey',
  })
})

test('a passkey is a second factor after the password, and a device with codes is another', async () => {
  const { device } = await withPasskey('mia')
  const asked = await byPassword('mia')
  assert.deepEqual([asked.signedIn, asked.cookie], [false, ''])
  const { code, passkey } = asked.needs ?? {}
  assert.deepEqual([code, passkey?.credentialIds], [false, [device.credentialId]])
  const answer = (twist?: Twist) => JSON.stringify(device.assert(passkey?.challenge ?? '', twist))
  assert.equal((await byPassword('mia', { passkey: answer({ otherBytes: true }) })).status, 403)
  assert.equal((await byPassword('mia', { passkey: answer(), password: 'wrong Horse 1' })).status, 403)
  assert.equal((await byPassword('mia', { code: '000000' })).status, 403)
  const right = answer()
  assert.equal((await byPassword('mia', { passkey: right })).signedIn, true)
  assert.equal((await byPassword('mia', { passkey: right })).status, 403, 'a challenge works once')
  const serial = await enableDevice(iam, 'of-mia', { UserName: 'mia' })
  assert.equal((await byPassword('mia')).needs?.code, true)
  assert.equal((await byPassword('mia', { code: codeAt(serial, 1) })).signedIn, true)
})

test('wrong answers of an authenticator are refused alike, and make no session', async () => {
  const { device } = await withPasskey('eve')
  const stranger = openAuthenticator(origin)
  stranger.storeHandle(`${ACCOUNT}/root`)
  const twists: readonly Twist[] = [
    { otherBytes: true },
    { origin: 'https://attacker.example' },
    { rpId: 'attacker.example' },
    { flags: 0x01 },
    { signCount: 1 },
    { challenge: Buffer.from('mine').toString('base64url') },
  ]
  const answers: Posted[] = [await use(stranger.assert(await challenge()))]
  for (const twist of twists) answers.push(await use(device.assert(await challenge(), twist)))
  const asserted = device.assert(await challenge())
  answers.push(await use({ ...asserted, userHandle: '' }))
  answers.push(
    await use({ ...asserted, userHandle: Buffer.from(`${ACCOUNT}/AIDANOBODY`).toString('base64url') }),
  )
  const [first, ...others] = answers
  assert.deepEqual([first?.status, first?.code, first?.cookie], [403, 'AccessDeniedException', ''])
  for (const answer of others) assert.deepEqual(answer, first)
  assert.equal((await use(asserted)).signedIn, true)
  assert.equal((await use(asserted)).status, 403, 'a challenge works once')
})

test('of two requests with one challenge, one signs in', async () => {
  const session = await person('rio')
  const device = openAuthenticator(origin, { counts: false })
  assert.equal((await create(session, device)).status, 200)
  const asserted = device.assert(await challenge())
  const both = await Promise.all([use(asserted), use(asserted)])
  assert.deepEqual(both.map(({ status }) => status).toSorted(), [200, 403])
})

test('a passkey is of no use at another address, nor to another site', async () => {
  const { device } = await withPasskey('carl')
  const asserted = device.assert(await challenge())
  const phishing = { origin: 'https://attacker.example', host: 'attacker.example' }
  assert.equal(
    (await use(device.assert(await challenge(), { origin: phishing.origin }), phishing)).status,
    403,
  )
  const { code } = await post('passkey', { passkey: JSON.stringify(asserted) }, { origin: phishing.origin })
  assert.equal(code, undefined, 'refused before it is read')
  assert.equal((await use(asserted)).signedIn, true)
})

test('a session ends with the passkey of its sign-in, and others stay', async () => {
  const { device, serial, session: first } = await withPasskey('dora')
  const session = await use(device.assert(await challenge()))
  await iam('DeactivateMFADevice', { UserName: 'dora', SerialNumber: serial })
  assert.equal((await callAsPage(server, session, session.cookie)).code, 'UnrecognizedClientException')
  assert.equal((await postSession(server, 'renew', {}, { cookie: session.cookie })).signedIn, false)
  assert.equal((await callAsPage(server, first, first.cookie)).status, 200)
  assert.equal((await use(device.assert(await challenge()))).status, 403)
  assert.equal((await byPassword('dora')).signedIn, true)
})

test('a session with a code ends with its device', async () => {
  await person('tom')
  const serial = await enableDevice(iam, 'of-tom', { UserName: 'tom' })
  const session = await byPassword('tom', { code: codeAt(serial, 1) })
  assert.equal((await callAsPage(server, session, session.cookie)).status, 200)
  await iam('DeactivateMFADevice', { UserName: 'tom', SerialNumber: serial })
  assert.equal((await callAsPage(server, session, session.cookie)).code, 'UnrecognizedClientException')
})

test('without a login profile a passkey signs nobody in, and a user with one cannot be deleted', async () => {
  const { device, serial } = await withPasskey('lena')
  await iam('DeleteLoginProfile', { UserName: 'lena' })
  assert.equal((await use(device.assert(await challenge()))).status, 403)
  await iam('DeleteUserPolicy', { UserName: 'lena', PolicyName: 'own' })
  const deleting = outcomeOf(callIam(client, 'DeleteUser', { UserName: 'lena' }))
  assert.match(await deleting, /^DeleteConflictException/)
  await iam('DeactivateMFADevice', { UserName: 'lena', SerialNumber: serial })
  await iam('DeleteUser', { UserName: 'lena' })
})

test('an access key, a role and a session without MFA make no passkey for somebody who has one', async () => {
  const { session, device } = await withPasskey('nina')
  const refused = await callHoldfastAsPage(server, session, 'StartPasskeyRegistration')
  assert.deepEqual([refused.code, /sign in with it/.test(refused.text)], ['AccessDeniedException', true])
  const key = await newKeyFor(client, 'nina')
  const target = 'Holdfast_20261101.StartPasskeyRegistration'
  const byKey = await callRaw(server, target, '{}', { service: 'holdfast', ...key })
  assert.match(byKey.text, /in the web console/)
  const withMfa = await use(device.assert(await challenge()))
  assert.deepEqual((await started(withMfa)).CredentialIds, [device.credentialId])
  assert.equal((await create(withMfa, openAuthenticator(origin))).status, 200)
})

test('the permission is needed, on the own user', async () => {
  const session = await person('paul', allow('kms:ListAliases'))
  const refused = await callHoldfastAsPage(server, session, 'StartPasskeyRegistration')
  assert.equal(refused.code, 'AccessDeniedException')
  assert.match(
    refused.text,
    /holdfast:StartPasskeyRegistration on resource: arn:aws:iam::000000000000:user\/paul/,
  )
})

test('a new passkey with a challenge of another person, of a sign-in, or used before is refused', async () => {
  const one = await person('one')
  const two = await person('two')
  const device = openAuthenticator(origin)
  const { Challenge: theirs } = await started(two)
  for (const wrong of [theirs, await challenge(), 'AAAA']) {
    assert.equal((await create(one, device, { challenge: wrong })).code, 'ValidationException', wrong)
  }
  const { Challenge: mine } = await started(one)
  assert.equal((await create(one, device, { challenge: mine })).status, 200)
})

test('a user has at most eight devices', async () => {
  const { device } = await withPasskey('olga')
  for (let count = 1; count < 8; count += 1) {
    const session = await use(device.assert(await challenge()))
    assert.equal((await create(session, openAuthenticator(origin))).status, 200, String(count))
  }
  const session = await use(device.assert(await challenge()))
  assert.equal(
    (await callHoldfastAsPage(server, session, 'StartPasskeyRegistration')).code,
    'LimitExceededException',
  )
})

test('the root user makes a passkey too, which ends with its other credentials', async () => {
  const { output, errors } = await runHoldfast(server.data, 'console')
  const link = /#link=(\S+)/.exec(output + errors)?.[1]
  const session = await post('begin', { link })
  const device = openAuthenticator(origin)
  const made = await create(session, device)
  assert.equal(made.status, 200, made.text)
  const serial = String(inside(made.json, 'SerialNumber'))
  assert.match(serial, /^arn:aws:iam::000000000000:u2f\/root\/laptop-/)
  const summary = async (): Promise<unknown> =>
    inside(await iam('GetAccountSummary'), 'SummaryMap', 'AccountMFAEnabled')
  assert.equal(await summary(), 1)
  const root = await use(device.assert(await challenge()))
  assert.equal(root.signedIn, true, root.text)
  assert.match(root.text, /"arn":"arn:aws:iam::000000000000:root"/)
  const [listed] = inside(await iam('ListMFADevices'), 'MFADevices') as Answer[]
  assert.equal(inside(listed, 'SerialNumber'), serial)
  await iam('DeactivateMFADevice', { SerialNumber: serial })
  assert.equal(await summary(), 0)
  const again = openAuthenticator(origin)
  assert.equal((await create(session, again)).status, 200)
  const { status } = await runHoldfast(server.data, 'root-credentials', 'create', '--deactivate-others')
  assert.equal(status, 0)
  assert.equal((await use(again.assert(await challenge()))).status, 403)
})
