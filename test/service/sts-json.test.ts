/** STS in JSON, for clients that accept nothing else: `Accept: application/json`. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { STS_OPERATION_NAMES } from '../../src/api/operations.ts'
import { eventOf } from '../support/audit.ts'
import { CALL_SAMPLES } from '../support/call-samples.ts'
import { iamClient, newUser, policyText, type TestCredentials } from '../support/iam.ts'
import { callQuery, type FormValue, formText, type QueryAnswer, type QueryOptions } from '../support/query.ts'
import { openSampleBed, type SampleBed } from '../support/sample-bed.ts'
import type { TestServer } from '../support/server.ts'
import { newRole, trust } from '../support/sts.ts'

const ACCOUNT = '000000000000'
const JSON_TYPE = 'application/json'

let bed: SampleBed
let server: TestServer
let ada: TestCredentials
let role: string

before(async () => {
  bed = await openSampleBed()
  server = bed.server
  const iam = iamClient(server)
  ada = await newUser(iam, 'ada', policyText({ Effect: 'Allow', Action: 'sts:*', Resource: '*' }))
  role = await newRole(iam, 'reader', trust({ AWS: `arn:aws:iam::${ACCOUNT}:root` }))
  iam.destroy()
})

after(() => bed[Symbol.asyncDispose]())

function ask(action: string, input: FormValue = {}, options: QueryOptions = {}): Promise<QueryAnswer> {
  return callQuery(server, { service: 'sts', action }, input, {
    credentials: ada,
    accept: JSON_TYPE,
    ...options,
  })
}

type Members = { readonly [name: string]: unknown }

/** The result inside an answer. */
async function resultOf(action: string, input: FormValue = {}, options?: QueryOptions): Promise<Members> {
  const answer = await ask(action, input, options)
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.contentType, JSON_TYPE)
  const { [`${action}Response`]: response, ...rest } = JSON.parse(answer.text)
  assert.deepEqual(rest, {})
  assert.deepEqual(response.ResponseMetadata, { RequestId: answer.requestId })
  return response[`${action}Result`]
}

test('GetCallerIdentity is the same in a POST, in a GET, and in a POST without a body', async () => {
  const search = `?${formText('GetCallerIdentity', 'sts', {})}`
  const asked = [{}, { method: 'GET', search }, { search }] as const
  for (const options of asked) {
    const { UserId, ...result } = await resultOf('GetCallerIdentity', {}, options)
    assert.match(String(UserId), /^AIDA/)
    assert.deepEqual(result, { Account: ACCOUNT, Arn: `arn:aws:iam::${ACCOUNT}:user/ada` })
  }
})

test('the query string of a POST with a body is not read', async () => {
  const search = `?${formText('GetSessionToken', 'sts', {})}`
  const body = formText('GetCallerIdentity', 'sts', {})
  const { Arn } = await resultOf('GetCallerIdentity', {}, { search, body })
  assert.equal(Arn, `arn:aws:iam::${ACCOUNT}:user/ada`)
})

for (const { service, operation, valid } of CALL_SAMPLES) {
  if (service !== 'sts' || valid === undefined) continue
  test(`${operation} answers in JSON what it answers in XML, with dates as numbers`, async () => {
    const shapes = new Map<string, readonly string[]>()
    for (const accept of ['*/*', JSON_TYPE]) {
      const { input, as } = await valid(bed)
      const options = { credentials: bed.callers[as], accept }
      const answer = await ask(operation, input as FormValue, options)
      assert.equal(answer.status, 200, answer.text)
      const names = accept === JSON_TYPE ? /"(\w+)":/g : /<(\w+)[^>]*>/g
      shapes.set(
        accept,
        [...answer.text.matchAll(names)].map(([, name]) => name ?? ''),
      )
      if (accept !== JSON_TYPE) continue
      const dates = answer.text.match(/"(?:Expiration|[A-Za-z]*Date)":(?!\d+(?:\.\d+)?[,}])/)
      assert.equal(dates, null, answer.text)
    }
    assert.ok((shapes.get(JSON_TYPE)?.length ?? 0) > 2)
    assert.deepEqual(shapes.get(JSON_TYPE), shapes.get('*/*'))
  })
}

test('credentials expire at a number of seconds, and members that are not there are left out', async () => {
  const now = Date.now() / 1000
  const asked: readonly (readonly [string, FormValue])[] = [
    ['AssumeRole', { RoleArn: role, RoleSessionName: 'session', DurationSeconds: 900 }],
    ['GetSessionToken', { DurationSeconds: 900 }],
  ]
  for (const [action, input] of asked) {
    const { Credentials, ...others } = await resultOf(action, input)
    const { Expiration, ...texts } = Credentials as Members
    assert.equal(typeof Expiration, 'number')
    assert.ok(Math.abs(Number(Expiration) - now - 900) < 60, String(Expiration))
    assert.deepEqual(Object.keys(texts), ['AccessKeyId', 'SecretAccessKey', 'SessionToken'])
    assert.deepEqual(Object.keys(others), action === 'AssumeRole' ? ['AssumedRoleUser'] : [])
  }
})

test('the event of a session has the same date in either language', async () => {
  const input = { RoleArn: role, RoleSessionName: 'session' }
  for (const accept of [JSON_TYPE, 'text/xml']) {
    const { requestId, contentType } = await ask('AssumeRole', input, { accept })
    assert.equal(contentType, accept)
    const { responseElements } = await eventOf(server, requestId)
    const { expiration } = (responseElements?.['credentials'] ?? {}) as Members
    assert.match(String(expiration), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  }
})

for (const action of STS_OPERATION_NAMES) {
  test(`${action} is refused in JSON, with the code and the message of the XML`, async () => {
    const input = { RoleArn: 'x', AccessKeyId: 'x', EncodedMessage: '' }
    for (const credentials of [ada, { ...ada, secretAccessKey: 'wrong' }]) {
      const asked =
        action === 'GetCallerIdentity' ? { ...credentials, secretAccessKey: 'wrong' } : credentials
      const more = action === 'GetSessionToken' ? { DurationSeconds: 1 } : {}
      const xml = await ask(action, { ...input, ...more }, { credentials: asked, accept: '*/*' })
      const json = await ask(action, { ...input, ...more }, { credentials: asked })
      assert.ok(xml.code !== undefined, xml.text)
      assert.equal(xml.contentType, 'text/xml')
      assert.equal(json.status, xml.status)
      assert.equal(json.contentType, JSON_TYPE)
      const { Error: error, ...rest } = JSON.parse(json.text)
      assert.deepEqual(rest, { RequestId: json.requestId })
      const { Message, ...others } = error
      assert.deepEqual(others, { Code: xml.code, Type: 'Sender' })
      assert.equal(timeless(Message), timeless(unescaped(xml.message)))
    }
  })
}

function unescaped(text: string | undefined): string {
  return (text ?? '').replaceAll('&lt;', '<').replaceAll('&gt;', '>')
}

/** Two calls have two dates. */
function timeless(text: string): string {
  return text.replaceAll(/\d{8}T\d{6}Z/g, '')
}

test('an unsigned call, an unknown action and a body that is too large are refused in JSON, too', async () => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: JSON_TYPE }
  const unsigned = await fetch(server.endpoint, {
    method: 'POST',
    headers,
    body: formText('GetCallerIdentity', 'sts', {}),
  })
  assert.equal(unsigned.status, 403)
  assert.match(await unsigned.text(), /^\{"Error":\{"Code":"MissingAuthenticationToken",/)
  const unknown = await ask('MakeCoffee')
  assert.match(unknown.text, /^\{"Error":\{"Code":"InvalidAction",/)
  const large = await fetch(server.endpoint, { method: 'POST', headers, body: 'x'.repeat(2_000_000) })
  assert.match(await large.text(), /^\{"Error":\{"Code":"RequestEntityTooLarge",/)
})

test('IAM answers in XML whatever is accepted', async () => {
  const options = { credentials: server.credentials, accept: JSON_TYPE }
  const answer = await callQuery(server, { service: 'iam', action: 'ListUsers' }, {}, options)
  assert.equal(answer.contentType, 'text/xml')
  assert.match(answer.text, /^<ListUsersResponse /)
})
