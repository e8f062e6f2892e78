/** Sign-in to the web console with an OpenID provider, and attempts to get in without it. */

import assert from 'node:assert/strict'
import { after, before, beforeEach } from 'node:test'
import type { IAMClient } from '@aws-sdk/client-iam'
import { generateKeyPair } from 'jose'
import { readEvents } from '../support/audit.ts'
import {
  makeCertificate,
  NO_CERTIFICATES,
  type TestCertificate,
  testWithCertificate as test,
} from '../support/certificate.ts'
import { runHoldfast } from '../support/command.ts'
import { callAsPage, type Posted, postSession } from '../support/console-http.ts'
import { allow, iamClient, policyText } from '../support/iam.ts'
import { CLIENT, type OidcIssuer, openOidcIssuer } from '../support/oidc-issuer.ts'
import { PROVIDER, startOidcServer, trustGroup, UNKNOWN_PROVIDER } from '../support/oidc-sign-in.ts'
import { type Answer, callIam, inside } from '../support/sdk-by-name.ts'
import type { TestServer } from '../support/server.ts'
import { newRole } from '../support/sts.ts'
import { until } from '../support/until.ts'

const ACCOUNT = '000000000000'

let certificate: TestCertificate
let issuer: OidcIssuer
let server: TestServer
let client: IAMClient

before(async () => {
  if (NO_CERTIFICATES !== false) return
  certificate = await makeCertificate()
  issuer = await openOidcIssuer(certificate)
  server = await startOidcServer(issuer, certificate)
  client = iamClient(server)
  await iam('CreateOpenIDConnectProvider', { Url: issuer.url, ClientIDList: [CLIENT.id, 'another'] })
  await newRole(client, 'readers', trustGroup(issuer, 'readers'), policyText(allow('kms:ListAliases')))
  await newRole(client, 'admins', trustGroup(issuer, 'admins'), policyText(allow('kms:*')))
})

beforeEach(() => issuer?.misbehave({}))

after(async () => {
  client?.destroy()
  await server?.[Symbol.asyncDispose]()
  await issuer?.[Symbol.asyncDispose]()
  await certificate?.[Symbol.asyncDispose]()
})

const iam = (name: string, input: object = {}): Promise<Answer> => callIam(client, name, input)

type Begun = Posted & { readonly location: string }
type Finished = Posted & {
  readonly role?: string
  readonly roles?: readonly { readonly arn: string; readonly name: string }[]
  readonly proof?: string
  readonly setCookies: readonly string[]
}

async function start(headers: Readonly<Record<string, string>> = {}): Promise<Begun> {
  return (await postSession(server, 'oidc-start', { provider: PROVIDER }, headers)) as Begun
}

/** Begins a sign-in, and lets a person of these groups prove who it is. */
async function prove(groups: readonly string[], claims: object = {}) {
  const known = { sub: 'auth0|17', email: 'ada@example.com', email_verified: true }
  issuer.person({ ...known, groups, ...claims })
  const begun = await start()
  assert.equal(begun.status, 200, begun.text)
  const back = await issuer.authorize(begun.location)
  const { code = '', state = '', iss = '' } = Object.fromEntries(back.searchParams)
  return { back, cookie: begun.cookie, body: { code, state, iss, path: back.pathname } }
}

async function finish(body: object, cookie: string): Promise<Finished> {
  return (await postSession(server, 'oidc-finish', body, { cookie })) as Finished
}

async function signedIn(groups: readonly string[], claims: object = {}): Promise<Finished> {
  const { body, cookie } = await prove(groups, claims)
  const session = await finish(body, cookie)
  assert.equal(session.signedIn, true, session.text)
  return session
}

test('a person signs in to the role that trusts it, and calls need the cookie too', async () => {
  const session = await signedIn(['readers', 'others'])
  assert.match(session.text, /"arn":"arn:aws:sts::000000000000:assumed-role\/readers\/ada@example.com"/)
  assert.equal(session.role, 'readers/ada@example.com')
  assert.equal((await callAsPage(server, session, undefined)).code, 'UnrecognizedClientException')
  const other = await signedIn(['readers'])
  assert.equal((await callAsPage(server, session, other.cookie)).code, 'UnrecognizedClientException')
  assert.equal((await callAsPage(server, session, session.cookie)).status, 200)
  assert.equal((await callAsPage(server, session, session.cookie, 'ListKeys')).code, 'AccessDeniedException')
})

test('the sign-in is recorded as STS and the console record it, without code and token', async () => {
  const { body, cookie } = await prove(['readers'])
  const session = await finish(body, cookie)
  await callAsPage(server, session, session.cookie)
  const events = await until('the log has the call', async () => {
    const found = await readEvents(server.data)
    return found.some(
      ({ sessionCredentialFromConsole: it, eventName }) => it === 'true' && eventName === 'ListAliases',
    )
      ? found
      : undefined
  })
  const assumed = events.findLast(({ eventName }) => eventName === 'AssumeRoleWithWebIdentity')
  assert.equal(inside(assumed?.userIdentity, 'type'), 'WebIdentityUser')
  assert.equal(
    inside(assumed?.['responseElements'], 'credentials', 'accessKeyId'),
    session.credentials.accessKeyId,
  )
  const login = events.findLast(({ eventName }) => eventName === 'ConsoleLogin')
  assert.equal(inside(login?.userIdentity, 'type'), 'AssumedRole')
  assert.deepEqual(login?.['additionalEventData'], {
    ...{ LoginTo: '/console/', MobileVersion: 'No', MFAUsed: 'No', SignInMethod: 'OpenIDConnect' },
  })
  const log = JSON.stringify(events)
  for (const secret of [body.code, body.state, CLIENT.secret]) assert.ok(!log.includes(secret))
})

test('a renewed session has the age, the key id and the end of its sign-in, and ends by sign-out', async () => {
  const session = await signedIn(['readers'])
  const renewed = await postSession(server, 'renew', {}, { cookie: session.cookie })
  assert.equal(renewed.credentials.accessKeyId, session.credentials.accessKeyId)
  assert.notEqual(renewed.credentials.secretAccessKey, session.credentials.secretAccessKey)
  assert.equal(inside(renewed, 'sessionEndsAt'), inside(session, 'sessionEndsAt'))
  assert.equal((await callAsPage(server, renewed, session.cookie)).status, 200)
  await postSession(server, 'end', {}, { cookie: session.cookie })
  for (const one of [session, renewed]) {
    assert.equal((await callAsPage(server, one, session.cookie)).code, 'UnrecognizedClientException')
  }
  assert.equal((await postSession(server, 'renew', {}, { cookie: session.cookie })).signedIn, false)
})

test('console-sessions end --role ends the sessions of one role', async () => {
  const [ended, kept] = [await signedIn(['readers']), await signedIn(['admins'])]
  const { output, status } = await runHoldfast(server.data, 'console-sessions', 'end', '--role', 'readers')
  assert.equal(status, 0)
  assert.match(output, /^\d+ sessions? and 0 links of role readers of account 000000000000 ended$/m)
  assert.equal((await callAsPage(server, ended, ended.cookie)).code, 'UnrecognizedClientException')
  assert.equal((await postSession(server, 'renew', {}, { cookie: ended.cookie })).signedIn, false)
  assert.equal((await callAsPage(server, kept, kept.cookie)).status, 200)
})

test('a session ends with its role, and with a policy that ends older sessions', async () => {
  await newRole(client, 'brief', trustGroup(issuer, 'brief'), policyText(allow('kms:ListAliases')))
  const session = await signedIn(['brief'])
  const older = { DateLessThan: { 'aws:TokenIssueTime': new Date(Date.now() + 1000).toISOString() } }
  const deny = { Effect: 'Deny', Action: '*', Resource: '*', Condition: older }
  await iam('PutRolePolicy', { RoleName: 'brief', PolicyName: 'end', PolicyDocument: policyText(deny) })
  const renewed = await postSession(server, 'renew', {}, { cookie: session.cookie })
  assert.equal((await callAsPage(server, renewed, session.cookie)).code, 'AccessDeniedException')
  for (const PolicyName of ['own', 'end']) await iam('DeleteRolePolicy', { RoleName: 'brief', PolicyName })
  await iam('DeleteRole', { RoleName: 'brief' })
  assert.equal((await callAsPage(server, session, session.cookie)).code, 'UnrecognizedClientException')
  assert.equal((await postSession(server, 'renew', {}, { cookie: session.cookie })).signedIn, false)
})

test('a person whom several roles trust chooses one, in the browser that began the sign-in', async () => {
  const { body, cookie } = await prove(['readers', 'admins'])
  const offered = await finish(body, cookie)
  assert.equal(offered.signedIn, false)
  assert.deepEqual(offered.roles?.map(({ name }) => name).toSorted(), ['admins', 'readers'])
  const choose = (role: string, from = cookie) =>
    postSession(server, 'oidc-choose', { proof: offered.proof, role }, { cookie: from })
  const admins = `arn:aws:iam::${ACCOUNT}:role/admins`
  assert.equal((await choose(admins, (await start()).cookie)).code, 'AccessDeniedException')
  assert.equal((await choose(`arn:aws:iam::${ACCOUNT}:role/none`)).code, 'AccessDeniedException')
  const session = await choose(admins)
  assert.equal(session.signedIn, true, session.text)
  assert.equal((await callAsPage(server, session, session.cookie, 'ListKeys')).status, 200)
})

test('who is in no group signs in to nothing, and the answer says so', async () => {
  const { body, cookie } = await prove([])
  const refused = await finish(body, cookie)
  assert.deepEqual([refused.status, refused.code], [403, 'AccessDeniedException'])
  assert.match(refused.text, /no role of account 000000000000 trusts you/)
})

test('an answer for another browser, another state and a second use of a code are refused', async () => {
  const mine = await prove(['readers'])
  const theirs = await prove(['readers'])
  const wrong: readonly (readonly [object, string])[] = [
    [theirs.body, mine.cookie],
    [mine.body, theirs.cookie],
    [mine.body, ''],
    [mine.body, `${mine.cookie}; ${mine.cookie}`],
    [mine.body, '__Host-holdfast-oidc=AAAA'],
    [{ ...mine.body, state: '' }, mine.cookie],
    [{ ...mine.body, state: `${mine.body.state}x` }, mine.cookie],
  ]
  for (const [body, cookie] of wrong) {
    const refused = await finish(body, cookie)
    assert.equal(refused.code, 'AccessDeniedException', JSON.stringify(body))
    assert.equal(refused.cookie, '')
  }
  assert.equal((await finish(mine.body, mine.cookie)).signedIn, true)
  const used = await finish(mine.body, mine.cookie)
  assert.equal(used.code, 'AccessDeniedException', 'which counts against the address, as a guess does')
})

test('another provider in the answer is refused before the code is used', async () => {
  const { body, cookie } = await prove(['readers'])
  for (const iss of ['https://attacker.example', `${issuer.url}/`, undefined]) {
    assert.equal((await finish({ ...body, iss }, cookie)).code, 'AccessDeniedException')
  }
  assert.equal((await finish(body, cookie)).signedIn, true)
})

test('a token that is not for this sign-in is refused', async () => {
  const { privateKey: key } = await generateKeyPair('ES256')
  const wrong: readonly Parameters<OidcIssuer['misbehave']>[0][] = [
    { key },
    { claims: { nonce: 'another' } },
    { claims: { iss: 'https://localhost:1' } },
    { claims: { aud: 'another' } },
    { claims: { aud: [CLIENT.id, 'another'], azp: 'another' } },
    { claims: { aud: 'another', azp: CLIENT.id } },
    { claims: { exp: 1000 } },
    { claims: { email: 7 } },
    { claims: { email_verified: false } },
    { claims: { email_verified: undefined } },
  ]
  for (const how of wrong) {
    const { body, cookie } = await prove(['readers'])
    issuer.misbehave(how)
    const { status, code, cookie: given } = await finish(body, cookie)
    issuer.misbehave({})
    assert.equal(status, 403, JSON.stringify(how))
    assert.match(String(code), /^(?:Invalid|Expired)IdentityTokenException$/, JSON.stringify(how))
    assert.equal(given, '')
  }
})

test('a token endpoint that refuses the client is told apart', async () => {
  const { body, cookie } = await prove(['readers'])
  issuer.misbehave({ tokenStatus: 401 })
  const refused = await finish(body, cookie)
  assert.equal(refused.code, 'IdpCommunicationErrorException')
  assert.ok(!refused.text.includes(issuer.url))
})

test('a sign-in begins at the address of the console alone, and with a provider that is configured', async () => {
  const { port } = new URL(server.endpoint)
  const elsewhere = await fetch(`http://localhost:${port}/console/session/oidc-start`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: `http://localhost:${port}` },
    body: JSON.stringify({ provider: PROVIDER }),
  }).catch(() => undefined)
  if (elsewhere !== undefined) assert.equal(elsewhere.status, 403)
  assert.equal((await start({ origin: 'https://attacker.example' })).status, 403)
  const unknown = await postSession(server, 'oidc-start', { provider: 'other' })
  assert.equal(unknown.code, 'ValidationException')
  const { location } = await start()
  const asked = new URL(location).searchParams
  assert.equal(asked.get('redirect_uri'), `${server.endpoint}/console/oidc`)
  assert.deepEqual([asked.get('scope'), asked.get('response_type')], ['openid email', 'code'])
})

test('an account without the provider in IAM signs nobody in', async () => {
  const provider = UNKNOWN_PROVIDER
  issuer.person({ sub: 'ada', groups: ['readers'] })
  const begun = (await postSession(server, 'oidc-start', { provider })) as Begun
  const back = await issuer.authorize(begun.location)
  const body = { ...Object.fromEntries(back.searchParams), path: back.pathname }
  const refused = await finish(body, begun.cookie)
  assert.equal(refused.code, 'InvalidIdentityTokenException')
})

test('each provider has a redirect URI of its own, and an answer at that of another is refused', async () => {
  const { back, body, cookie } = await prove(['readers'])
  assert.equal(back.pathname, '/console/oidc')
  const { location } = (await postSession(server, 'oidc-start', { provider: UNKNOWN_PROVIDER })) as Begun
  const redirectUri = new URL(location).searchParams.get('redirect_uri')
  assert.equal(redirectUri, `${server.endpoint}/console/oidc/other`)
  for (const path of ['/console/oidc/other', '/console/oidc/', '', '/console']) {
    assert.equal((await finish({ ...body, path }, cookie)).code, 'AccessDeniedException', path)
  }
  // The code has reached no token endpoint: it works still.
  assert.equal((await finish(body, cookie)).signedIn, true)
})

test('a claim that is no session name keeps its hash', async () => {
  const first = await signedIn(['readers'], { email: 'ada|1@example.com' })
  const other = await signedIn(['readers'], { email: 'ada-1@example.com' })
  assert.match(String(first.role), /^readers\/ada-1@example\.com-[0-9a-f]{16}$/)
  assert.equal(other.role, 'readers/ada-1@example.com')
})
