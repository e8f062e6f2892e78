/** The web console from outside: its files, sign-in, sessions, and attempts to misuse them. */

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { CreateUserCommand, DeleteUserCommand } from '@aws-sdk/client-iam'
import { readEvents } from '../support/audit.ts'
import { type Answer, callRaw } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import { iamClient } from '../support/iam.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

let server: TestServer

before(async () => {
  server = await startServer({ environment: { HOLDFAST_CONSOLE: 'link' } })
})
after(() => server[Symbol.asyncDispose]())

type Credentials = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
}

type Posted = {
  readonly status: number
  /** The cookie as a browser sends it. */
  readonly cookie: string
  readonly setCookie: string
  readonly text: string
  readonly signedIn: boolean
  readonly credentials: Credentials
}

async function newLink(...options: readonly string[]): Promise<string> {
  const { output, errors } = await runHoldfast(server.data, 'console', ...options)
  return secretOf(output || errors)
}

function secretOf(text: string): string {
  const secret = /#link=(\S+)/.exec(text)?.[1]
  assert.ok(secret, `a link was printed: ${text}`)
  return secret
}

async function post(path: string, body: object, headers: Record<string, string> = {}): Promise<Posted> {
  const response = await fetch(`${server.endpoint}/console/session/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: server.endpoint, ...headers },
    body: JSON.stringify(body),
  })
  const setCookie = response.headers.get('set-cookie') ?? ''
  const text = await response.text()
  const answer = text.startsWith('{') ? JSON.parse(text) : {}
  return { status: response.status, cookie: setCookie.split(';')[0] ?? '', setCookie, text, ...answer }
}

async function signIn(...options: readonly string[]): Promise<Posted> {
  const posted = await post('begin', { link: await newLink(...options) })
  assert.equal(posted.status, 200, posted.text)
  return posted
}

/** A call that the page makes; with the cookie that is given. */
function callAs({ credentials }: Posted, cookie: string | undefined): Promise<Answer> {
  return callRaw(server, 'TrentService.GenerateRandom', '{"NumberOfBytes":1}', {
    ...credentials,
    more: ['x-amz-security-token', credentials.sessionToken],
    tamper: (headers) => {
      if (cookie !== undefined) headers.set('cookie', cookie)
    },
  })
}

const COOKIE =
  /^__Host-holdfast-console=0{12}\.[0-9a-f-]{36}\.[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict; Max-Age=43200$/

test('the link that a start prints signs in once', async () => {
  const output = await until('the start has printed all its lines', async () =>
    server.output().includes('#link=') ? server.output() : undefined,
  )
  const link = secretOf(output)
  const first = await post('begin', { link })
  assert.equal(first.status, 200)
  assert.match(first.setCookie, COOKIE)
  assert.equal((await callAs(first, first.cookie)).status, 200)
  const second = await post('begin', { link })
  assert.equal(second.status, 403)
  assert.equal(second.setCookie, '')
  assert.match(second.text, /is unknown, already used, or expired/)
})

test('of many who use a link at once, one signs in', async () => {
  const link = await newLink()
  const posted = await Promise.all(Array.from({ length: 8 }, () => post('begin', { link })))
  assert.deepEqual(posted.map(({ status }) => status).toSorted(), [
    200,
    ...Array.from({ length: 7 }, () => 403),
  ])
})

test('credentials of the console are nothing without their cookie', async () => {
  const mine = await signIn()
  const other = await signIn()
  assert.equal((await callAs(mine, mine.cookie)).status, 200)
  const wrong = [
    undefined,
    other.cookie,
    `${mine.cookie}x`,
    `${mine.cookie}; ${mine.cookie}`,
    mine.cookie.slice(0, -1),
  ]
  for (const cookie of wrong) {
    assert.equal((await callAs(mine, cookie)).code, 'UnrecognizedClientException', String(cookie))
  }
  assert.equal((await callAs(mine, `a=b; ${mine.cookie}; c=d`)).status, 200)
})

test('a page of somebody else can neither sign in nor renew nor sign out', async () => {
  const session = await signIn()
  const link = await newLink()
  const foreign = [
    { origin: 'https://attacker.example' },
    { origin: 'null' },
    { origin: '' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ]
  for (const headers of foreign) {
    for (const path of ['begin', 'renew', 'end']) {
      const { status, text } = await post(path, { link }, { cookie: session.cookie, ...headers })
      assert.equal(status, 403, `${path} ${JSON.stringify(headers)}: ${text}`)
    }
  }
  assert.equal((await callAs(session, session.cookie)).status, 200, 'the session has not ended')
  assert.equal((await post('begin', { link })).status, 200, 'the link was not used')
})

test('a body of another type, without a link or with a long one signs nobody in', async () => {
  const link = await newLink()
  assert.equal((await post('begin', { link }, { 'content-type': 'text/plain' })).status, 403)
  for (const body of [{}, { link: 1 }, { link: '' }, { link: `${link}${link}` }, [], { link: null }]) {
    assert.equal((await post('begin', body)).status, 403, JSON.stringify(body))
  }
  assert.equal((await post('begin', { link: 'x'.repeat(4096) })).status, 413)
  assert.equal((await post('begin', { link })).status, 200)
})

test('signing out ends the session and its credentials at once', async () => {
  const session = await signIn()
  const { setCookie } = await post('end', {}, { cookie: session.cookie })
  assert.match(setCookie, /^__Host-holdfast-console=; .*Max-Age=0$/)
  assert.equal((await callAs(session, session.cookie)).code, 'UnrecognizedClientException')
  assert.equal((await post('renew', {}, { cookie: session.cookie })).signedIn, false)
})

test('the cookie renews credentials, and signing in again ends the session before', async () => {
  const session = await signIn()
  const renewed = await post('renew', {}, { cookie: session.cookie })
  assert.notEqual(renewed.credentials.accessKeyId, session.credentials.accessKeyId)
  assert.equal((await callAs(renewed, session.cookie)).status, 200)
  const next = await post('begin', { link: await newLink() }, { cookie: session.cookie })
  assert.notEqual(next.cookie, session.cookie, 'no cookie from before is taken over')
  assert.equal((await callAs(renewed, session.cookie)).code, 'UnrecognizedClientException')
  assert.equal((await callAs(next, next.cookie)).status, 200)
})

test('a user signs in with its own permissions, and not any more when it is deleted', async () => {
  const iam = iamClient(server)
  await iam.send(new CreateUserCommand({ UserName: 'ada' }))
  const session = await signIn('--user', 'ada')
  assert.match(session.text, /"arn":"arn:aws:iam::000000000000:user\/ada"/)
  assert.equal((await callAs(session, session.cookie)).code, 'AccessDeniedException')
  const link = await newLink('--user', 'ada')
  await iam.send(new DeleteUserCommand({ UserName: 'ada' }))
  assert.equal((await callAs(session, session.cookie)).code, 'UnrecognizedClientException')
  assert.equal((await post('renew', {}, { cookie: session.cookie })).signedIn, false)
  assert.equal((await post('begin', { link })).status, 403)
})

test('holdfast console refuses a user that does not exist', async () => {
  const { status, errors } = await runHoldfast(server.data, 'console', '--user', 'nobody')
  assert.notEqual(status, 0)
  assert.match(errors, /account 000000000000 has no such user/)
})

test('sign-in, failed sign-in and sign-out are recorded as CloudTrail does', async () => {
  const session = await signIn()
  await post('begin', { link: 'unknown' })
  await post('end', {}, { cookie: session.cookie })
  const found = await until('the log has the sign-out', async () => {
    const events = (await readEvents(server.data)).filter(
      (event) => event['eventSource'] === 'signin.amazonaws.com',
    )
    return events.some(({ eventName }) => eventName === 'Logout') ? events : undefined
  })
  const failed = found.find(({ errorMessage }) => errorMessage !== undefined)
  assert.deepEqual(failed?.responseElements, { ConsoleLogin: 'Failure' })
  assert.deepEqual(failed.userIdentity, { type: 'Unknown' })
  const succeeded = found.find(({ eventName, errorMessage }) => eventName === 'ConsoleLogin' && !errorMessage)
  assert.equal(succeeded?.['eventType'], 'AwsConsoleSignIn')
  assert.equal(succeeded.userIdentity.type, 'Root')
  assert.equal(JSON.stringify(found).includes('link='), false)
})

test('a page comes with strict headers, whatever its address', async () => {
  for (const path of [
    '',
    'keys',
    'keys/alias%2Fx',
    'nothing.js',
    '../x',
    '%2e%2e/%2e%2e/package.json',
    'session/begin',
  ]) {
    const response = await fetch(`${server.endpoint}/console/${path}`)
    const { headers } = response
    if (!response.url.includes('/console/')) continue
    const policy = headers.get('content-security-policy') ?? ''
    assert.match(
      policy,
      /default-src 'none'.*frame-ancestors 'none'.*require-trusted-types-for 'script'/,
      path,
    )
    assert.equal(policy.includes('unsafe'), false)
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal((await response.text()).includes('"private": true'), false)
  }
  const put = await fetch(`${server.endpoint}/console/`, { method: 'PUT' })
  assert.equal(put.status, 405)
})

test('refusals of the form of a request below the console have strict headers too', async () => {
  const host = `host: ${new URL(server.endpoint).host}`
  const many = Array.from({ length: 300 }, (_, index) => `x-${index}: 1`)
  const requests: readonly (readonly [status: number, lines: readonly string[]])[] = [
    [308, ['GET /console HTTP/1.1', host, 'connection: close', '', '']],
    [413, ['GET /console/ HTTP/1.1', host, 'content-length: 1', '', 'x']],
    [413, ['POST /console/session/begin HTTP/1.1', host, 'content-length: 5000', '', 'x'.repeat(5000)]],
    [431, ['GET /console/keys HTTP/1.1', host, ...many, '', '']],
    [400, ['GET /console HTTP/1.1', host, 'host: other', '', '']],
    [400, ['GET http://other/console/ HTTP/1.1', host, '', '']],
    [400, ['POST /console/x HTTP/1.1', host, 'transfer-encoding: chunked', '', 'no chunk', '']],
  ]
  for (const [status, lines] of requests) {
    const answer = await rawAnswer(lines.join('\r\n'))
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `), lines.join('\n'))
    assert.match(answer, /^Content-Security-Policy: default-src 'none'/m, answer)
    assert.match(answer, /^X-Content-Type-Options: nosniff\r$/m)
    assert.match(answer, /^Cache-Control: .*no-store/m)
    assert.equal(answer.match(/^Content-Length:/gm)?.length, 1)
  }
  assert.doesNotMatch(await rawAnswer(`GET /x HTTP/1.1\r\n${host}\r\nhost: y\r\n\r\n`), /Security-Policy/)
})

/** The answer to these bytes, until the server ends the connection. */
async function rawAnswer(bytes: string): Promise<string> {
  const { hostname, port } = new URL(server.endpoint)
  const socket = connect(Number(port), hostname)
  socket.setTimeout(10_000, () => socket.destroy(new Error('the server did not end the connection')))
  socket.write(bytes)
  let answer = ''
  for await (const part of socket) answer += String(part)
  return answer
}

test('without the console there is no trace of it', async () => {
  await using off = await startServer({ environment: { HOLDFAST_CONSOLE: 'off' } })
  assert.equal(off.output().includes('console'), false)
  const answer = async (path: string) => {
    const response = await fetch(`${off.endpoint}${path}`)
    return [response.status, (await response.text()).replaceAll(/[0-9a-f-]{36}/g, 'id')]
  }
  assert.deepEqual(await answer('/console/'), await answer('/nothing/'))
})
