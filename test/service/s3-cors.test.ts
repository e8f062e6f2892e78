/** Pages of other origins that call the S3 gateway. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { readEvents } from '../support/audit.ts'
import {
  type S3Ask,
  type S3Reply,
  s3,
  s3Succeeds,
  startGateway,
  type TestGateway,
} from '../support/s3-gateway.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let gateway: TestGateway

before(async () => {
  server = await startServer()
  gateway = await startGateway(server)
  for (const bucket of ['pages', 'closed']) await s3Succeeds(gateway, { method: 'PUT', target: `/${bucket}` })
})

after(async () => {
  await gateway[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

type Headers = Readonly<Record<string, string>>

const ask = (
  method: string,
  target: string,
  headers: Headers = {},
  more: Partial<S3Ask> = {},
): Promise<S3Reply> => s3(gateway, { method, target, headers, ...more })

const rule = (text: string): string => `<CORSRule>${text}</CORSRule>`
const document = (...rules: readonly string[]): string =>
  `<CORSConfiguration>${rules.join('')}</CORSConfiguration>`
const put = (body: string): Promise<S3Reply> => ask('PUT', '/pages?cors', {}, { body })

const ORIGIN = 'https://app.example'
const ONE = rule(
  '<AllowedOrigin>https://*.example</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedHeader>x-amz-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds>',
)
const ALL = rule('<ID>all</ID><AllowedOrigin>*</AllowedOrigin><AllowedMethod>HEAD</AllowedMethod>')

function preflight(target: string, headers: Headers): Promise<S3Reply> {
  return ask('OPTIONS', target, headers, {
    tamper: (sent) => void sent.splice(sent.indexOf('authorization'), 2),
  })
}

test('CORS rules are put, shown and deleted', async () => {
  assert.equal((await ask('GET', '/pages?cors')).code, 'NoSuchCORSConfiguration')
  assert.equal((await put(document(ONE, ALL))).status, 200)
  const shown = (await ask('GET', '/pages?cors')).body.toString()
  assert.ok(shown.includes(ONE) && shown.includes(ALL), shown)
  assert.equal((await ask('DELETE', '/pages?cors')).status, 204)
  assert.equal((await ask('GET', '/pages?cors')).code, 'NoSuchCORSConfiguration')
})

test('a preflight is answered by the first rule that allows it, without a signature and without an event', async () => {
  await put(document(ONE, ALL))
  const before = (await readEvents(server.data)).length
  const asks = { origin: ORIGIN, 'access-control-request-method': 'PUT' }
  const allowed = await preflight('/pages/a', {
    ...asks,
    'access-control-request-headers': 'X-Amz-Date, x-amz-meta-a',
  })
  assert.equal(allowed.status, 200, allowed.body.toString())
  assert.equal(allowed.headers['access-control-allow-origin'], ORIGIN)
  assert.equal(allowed.headers['access-control-allow-methods'], 'GET, PUT')
  assert.equal(allowed.headers['access-control-allow-headers'], 'x-amz-date, x-amz-meta-a')
  assert.equal(allowed.headers['access-control-expose-headers'], 'ETag')
  assert.equal(allowed.headers['access-control-max-age'], '60')
  assert.equal(allowed.headers['access-control-allow-credentials'], 'true')
  assert.match(allowed.headers.vary ?? '', /Origin/)
  const anyone = await preflight('/pages/a', {
    origin: 'https://other.test',
    'access-control-request-method': 'HEAD',
  })
  assert.equal(anyone.headers['access-control-allow-origin'], '*')
  assert.equal(anyone.headers['access-control-allow-credentials'], undefined)
  const refused: readonly Headers[] = [
    { ...asks, origin: 'https://app.example.evil' },
    { ...asks, origin: 'http://app.example' },
    { ...asks, 'access-control-request-method': 'DELETE' },
    { ...asks, 'access-control-request-headers': 'x-other' },
  ]
  for (const headers of refused) {
    const { status, code, headers: answered } = await preflight('/pages/a', headers)
    assert.deepEqual([status, code], [403, 'AccessForbidden'], JSON.stringify(headers))
    assert.equal(answered['access-control-allow-origin'], undefined)
  }
  assert.equal((await preflight('/pages/a', { origin: ORIGIN })).code, 'BadRequest')
  const [closed, absent] = [await preflight('/closed/a', asks), await preflight('/absent/a', asks)]
  const text = ({ body }: S3Reply): string => body.toString().replace(/<(Resource|RequestId)>.*?<\/\1>/g, '')
  assert.equal(text(closed), text(absent))
  assert.equal((await readEvents(server.data)).length, before)
})

test('answers of calls, and refusals, can be read by pages of allowed origins', async () => {
  await put(document(ONE))
  const stored = await ask('PUT', '/pages/a', { origin: ORIGIN }, { body: 'x' })
  assert.deepEqual([stored.status, stored.headers['access-control-allow-origin']], [200, ORIGIN])
  const absent = await ask('GET', '/pages/absent', { origin: ORIGIN })
  assert.deepEqual([absent.code, absent.headers['access-control-expose-headers']], ['NoSuchKey', 'ETag'])
  const unsigned = await ask(
    'GET',
    '/pages/a',
    { origin: ORIGIN },
    {
      tamper: (sent) => void sent.splice(sent.indexOf('authorization'), 2),
    },
  )
  assert.deepEqual([unsigned.code, unsigned.headers['access-control-allow-origin']], ['AccessDenied', ORIGIN])
  const other = await ask('GET', '/pages/a', { origin: 'https://other.test' })
  assert.deepEqual([other.status, other.headers['access-control-allow-origin']], [200, undefined])
})

test('rules that S3 does not take are refused', async () => {
  const [origin, method] = ['<AllowedOrigin>*</AllowedOrigin>', '<AllowedMethod>GET</AllowedMethod>']
  const wrong: readonly (readonly [string, string])[] = [
    [document(), 'MalformedXML'],
    [document(rule(origin)), 'MalformedXML'],
    [document(rule(method)), 'MalformedXML'],
    [document(rule(`${origin}<AllowedMethod>OPTIONS</AllowedMethod>`)), 'InvalidRequest'],
    [document(rule(`<AllowedOrigin>*a*</AllowedOrigin>${method}`)), 'InvalidRequest'],
    [document(rule(`${origin}${method}<ExposeHeader>x-*</ExposeHeader>`)), 'InvalidRequest'],
    [document(rule(`${origin}${method}<MaxAgeSeconds>soon</MaxAgeSeconds>`)), 'MalformedXML'],
    [document(...Array.from({ length: 101 }, () => rule(origin + method))), 'MalformedXML'],
    [document(rule(origin.repeat(3000) + method)), 'EntityTooLarge'],
  ]
  for (const [body, code] of wrong) assert.equal((await put(body)).code, code, body.slice(0, 200))
})
