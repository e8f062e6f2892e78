/** How clients of many origins spell one call: targets, media types, methods, versions. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ALL_SERVICES, type ServiceName } from '../../src/api/services.ts'
import { eventOf } from '../support/audit.ts'
import { assertError, callRaw } from '../support/calls.ts'
import { callQuery, formText } from '../support/query.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer

before(async () => {
  server = await startServer()
})

after(() => server[Symbol.asyncDispose]())

/** A call of each service with the JSON protocol that needs nothing to be there. */
const READS: Partial<Record<ServiceName, readonly [operation: string, input: object]>> = {
  kms: ['ListKeys', {}],
  cloudtrail: ['DescribeTrails', {}],
  holdfast: ['GetUsage', { StartTime: 0, EndTime: 1 }],
}

const TARGETS = ALL_SERVICES.flatMap(({ name, protocol }) =>
  protocol.type === 'json' ? protocol.targetPrefixes.map((prefix) => ({ service: name, prefix })) : [],
)

test('KMS has one form of target, CloudTrail two', () => {
  assert.deepEqual(
    TARGETS.filter(({ service }) => service !== 'holdfast').map(({ prefix }) => prefix),
    ['TrentService.', 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.', 'CloudTrail_20131101.'],
  )
})

for (const { service, prefix } of TARGETS) {
  test(`a target that begins with ${prefix} is one of ${service}`, async () => {
    const [operation, input] = READS[service] ?? ['', {}]
    const answer = await callRaw(server, prefix + operation, JSON.stringify(input), { service })
    assert.equal(answer.status, 200, answer.text)
    assert.equal((await eventOf(server, answer.requestId)).eventName, operation)
    const unknown = await callRaw(server, `${prefix}Nothing`, '{}', { service })
    assertError(unknown, 'UnknownOperationException', undefined)
    const event = await eventOf(server, unknown.requestId)
    assert.equal(event.eventName, 'Nothing')
    assert.ok(String(event['eventSource']).startsWith(service))
  })
}

test('a target tells the operation, whatever media type the body is said to have', async () => {
  for (const contentType of [
    'application/x-amz-json-1.0',
    'application/x-amz-json-1.1; charset=utf-8',
    'Application/X-Amz-JSON-1.1',
    'application/json',
    'text/plain;charset=UTF-8',
    'application/x-www-form-urlencoded',
  ]) {
    const answer = await callRaw(server, 'TrentService.ListKeys', '{}', { contentType })
    assert.equal(answer.status, 200, contentType)
    assert.equal(answer.headers.get('content-type'), 'application/x-amz-json-1.1')
  }
})

test('a form is one in upper case and with a character set; another media type is a call of no known operation', async () => {
  const identity = { service: 'sts', action: 'GetCallerIdentity' } as const
  for (const contentType of [
    'application/x-www-form-urlencoded',
    'Application/X-WWW-Form-URLEncoded;charset=UTF-8',
  ]) {
    assert.equal((await callQuery(server, identity, {}, { contentType })).status, 200, contentType)
  }
  const answer = await callQuery(server, identity, {}, { contentType: 'text/plain' })
  assert.equal(answer.status, 400)
  assert.equal(answer.text, '{"__type":"UnknownOperationException"}')
})

test('a form without a version, or with that of another service, is answered with InvalidAction', async () => {
  for (const [version, shown] of [
    ['', 'NO_VERSION_SPECIFIED'],
    ['&Version=2010-05-08', '2010-05-08'],
    ['&Version=2012-11-05', '2012-11-05'],
  ]) {
    const body = `Action=GetCallerIdentity${version}`
    const answer = await callQuery(server, { service: 'sts', action: '' }, {}, { body })
    const wanted = `Could not find operation GetCallerIdentity for version ${shown}`
    // The version names the service, and so whom the call has to be signed for.
    if (shown === '2010-05-08') assert.equal(answer.code, 'InvalidAction')
    else assert.equal(`${answer.code}: ${answer.message}`, `InvalidAction: ${wanted}`)
  }
})

test('IAM and STS take every call by GET and by POST', async () => {
  for (const [service, action] of [
    ['iam', 'ListUsers'],
    ['sts', 'GetCallerIdentity'],
  ] as const) {
    const search = `?${formText(action, service, {})}`
    for (const method of ['GET', 'POST'] as const) {
      const answer = await callQuery(server, { service, action }, {}, { method, search })
      assert.equal(answer.status, 200, answer.text)
    }
  }
})

test('a call in CBOR, which no service here has, is one of no known operation', async () => {
  const answer = await fetch(`${server.endpoint}/service/TrentService/operation/ListKeys`, {
    method: 'POST',
    headers: { 'smithy-protocol': 'rpc-v2-cbor', 'content-type': 'application/cbor' },
    body: Uint8Array.of(0xa0),
  })
  assert.equal(answer.status, 400)
  assert.equal(await answer.text(), '{"__type":"UnknownOperationException"}')
})
