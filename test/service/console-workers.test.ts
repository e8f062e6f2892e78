/** Sign-in to the console over TLS with several worker processes: each connection may reach another one. */

import assert from 'node:assert/strict'
import { Agent, request } from 'node:https'
import { after, before } from 'node:test'
import { IAMClient } from '@aws-sdk/client-iam'
import { signedHeaders } from '../support/calls.ts'
import {
  makeCertificate,
  NO_CERTIFICATES,
  type TestCertificate,
  testWithCertificate as test,
} from '../support/certificate.ts'
import { runHoldfast } from '../support/command.ts'
import type { Posted } from '../support/console-http.ts'
import { REGION } from '../support/kms.ts'
import { codeAt, enableDevice } from '../support/mfa.ts'
import { type Answer, callIam } from '../support/sdk-by-name.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'
const PASSWORD = 'correct Horse 1'
const ENTERED = { account: ACCOUNT, user: 'ada', password: PASSWORD }
/** That all of them miss one of the workers is as good as impossible. */
const CONNECTIONS = 16

let certificate: TestCertificate
let server: TestServer
let client: IAMClient

before(async () => {
  if (NO_CERTIFICATES !== false) return
  certificate = await makeCertificate()
  const { certFile, keyFile } = certificate
  const tls = { HOLDFAST_TLS_CERT: certFile, HOLDFAST_TLS_KEY: keyFile }
  server = await startServer({ environment: { ...tls, HOLDFAST_CONSOLE: 'on', HOLDFAST_WORKERS: '3' } })
  const { endpoint, credentials } = server
  const httpsAgent = new Agent({ ca: certificate.cert })
  client = new IAMClient({ endpoint, credentials, region: REGION, requestHandler: { httpsAgent } })
})

after(async () => {
  client?.destroy()
  await server?.[Symbol.asyncDispose]()
  await certificate?.[Symbol.asyncDispose]()
})

const iam = (name: string, input: object): Promise<Answer> => callIam(client, name, input)

type Sent = { readonly status: number; readonly cookies: readonly string[]; readonly text: string }

/** Sends a POST on a connection of its own. */
function send(path: string, headers: Readonly<Record<string, string>>, body: string): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers, ca: certificate.cert, agent: false } as const
    const sending = request(`${server.endpoint}${path}`, options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const cookies = (response.headers['set-cookie'] ?? []).map((one) => one.split(';')[0] ?? '')
        resolve({ status: response.statusCode ?? 0, cookies, text: Buffer.concat(chunks).toString() })
      })
    })
    sending.on('error', reject)
    sending.end(body)
  })
}

async function post(step: string, body: object, cookie?: string): Promise<Posted> {
  const headers = {
    'content-type': 'application/json',
    origin: server.endpoint,
    ...(cookie !== undefined && { cookie }),
  }
  const sent = await send(`/console/session/${step}`, headers, JSON.stringify(body))
  const answer: Posted = JSON.parse(sent.text)
  return { ...answer, ...sent, cookie: sent.cookies[0] ?? '' }
}

/** The statuses of as many calls with a session, each on a connection of its own. */
async function calls({ credentials, cookie }: Posted): Promise<ReadonlySet<number>> {
  const one = async (): Promise<number> => {
    const more = ['x-amz-security-token', credentials.sessionToken]
    const headers = signedHeaders(server, 'TrentService.ListAliases', '{}', { ...credentials, more })
    const all = { ...Object.fromEntries(headers), cookie }
    return (await send('/', all, '{}')).status
  }
  return new Set(await Promise.all(Array.from({ length: CONNECTIONS }, one)))
}

test('every worker knows a session at once, and its end, and a code and a link work once', async () => {
  await iam('CreateUser', { UserName: 'ada' })
  await iam('CreateLoginProfile', { UserName: 'ada', Password: PASSWORD })
  await iam('AttachUserPolicy', { UserName: 'ada', PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' })
  const serial = await enableDevice(iam, 'of-ada', { UserName: 'ada' })
  assert.equal((await post('password', ENTERED)).needs?.code, true)
  const entered = { ...ENTERED, code: codeAt(serial, 1) }
  const answers = await Promise.all(Array.from({ length: 4 }, () => post('password', entered)))
  const [session, ...more] = answers.filter(({ signedIn }) => signedIn === true)
  assert.ok(session, answers.map(({ text }) => text).join())
  assert.deepEqual(more, [], 'one code signs in once')
  assert.deepEqual(await calls(session), new Set([200]))
  const renewed = await post('renew', {}, session.cookie)
  assert.deepEqual(await calls({ ...renewed, cookie: session.cookie }), new Set([200]))
  await post('end', {}, session.cookie)
  assert.deepEqual(await calls(session), new Set([400]))
  const { output, errors } = await runHoldfast(server.data, 'console')
  const link = /#link=(\S+)/.exec(output + errors)?.[1] ?? ''
  const begun = await Promise.all(Array.from({ length: 4 }, () => post('begin', { link })))
  assert.equal(begun.filter(({ signedIn }) => signedIn === true).length, 1, 'one link signs in once')
})
