import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromUtf8, utf8 } from '../base/bytes.ts'
import { findHeader, type WireRequest } from '../dispatch/wire.ts'
import { type ConsoleAnswer, consoleSite, json } from './console-site.ts'

const FILES = new Map([
  [
    'index.html',
    { mediaType: 'text/html', bytes: utf8('page'), brotli: utf8('small page'), isImmutable: false },
  ],
  ['assets/a-1.js', { mediaType: 'text/javascript', bytes: utf8('a'), brotli: undefined, isImmutable: true }],
])
const routes = { 'session/end': () => Promise.resolve(json(200, { ended: true })) }
const site = consoleSite({ files: FILES, routes })

function request(change: Partial<WireRequest>): WireRequest {
  const connection = { address: '127.0.0.1', tls: undefined }
  return {
    method: 'GET',
    target: '/console/',
    rawHeaders: [],
    body: new Uint8Array(0),
    connection,
    ...change,
  }
}

function header({ headers }: ConsoleAnswer, name: string): string | undefined {
  return findHeader(headers, name)
}

test('the console owns its path and what is below it, and nothing else', () => {
  const owned = ['/console', '/console/', '/console?x', '/console/keys?tab=policy', '/console/assets/a.js']
  for (const target of owned) assert.equal(site.owns(target), true, target)
  for (const target of ['/', '/consoles', '/Console/', '//console/', '/x/console/']) {
    assert.equal(site.owns(target), false, target)
  }
})

test('a file is sent compressed to whoever takes Brotli', async () => {
  const takes: readonly (readonly [string, boolean])[] = [
    ['br', true],
    ['gzip, deflate, br, zstd', true],
    ['br;q=0.5', true],
    ['br;q=0', false],
    ['br; q=0.000', false],
    ['gzip', false],
    ['brotli', false],
    ['', false],
  ]
  for (const [accepted, isBrotli] of takes) {
    const answer = await site.answer(request({ rawHeaders: ['Accept-Encoding', accepted] }))
    assert.equal(header(answer, 'content-encoding'), isBrotli ? 'br' : undefined, accepted)
    assert.equal(fromUtf8(answer.body), isBrotli ? 'small page' : 'page')
  }
})

test('files with a hash in their name are kept for ever, and pages never', async () => {
  const page = await site.answer(request({}))
  const file = await site.answer(request({ target: '/console/assets/a-1.js' }))
  assert.equal(header(page, 'cache-control'), 'no-store')
  assert.equal(header(file, 'cache-control'), 'public, max-age=31536000, immutable')
})

test('every address of a page opens the page, and one of a file that is not there is not found', async () => {
  for (const path of [
    '',
    'keys',
    'keys/',
    'keys/alias%2Fa',
    'keys/arn:aws:kms:x:1:key%2F1?tab=tags',
    'index.html',
  ]) {
    assert.equal((await site.answer(request({ target: `/console/${path}` }))).status, 200, path)
  }
  for (const path of ['a.js', 'assets/b-2.js', '.vite/manifest.json', '../package.json', 'assets/../a.js']) {
    assert.equal((await site.answer(request({ target: `/console/${path}` }))).status, 404, path)
  }
})

test('a route answers the page of its own origin alone', async () => {
  const host = 'kms.example:7600'
  const tls = { version: 'TLSv1.3', cipherSuite: 'TLS_AES_128_GCM_SHA256' }
  const cases: readonly (readonly [origin: string, isTls: boolean, status: number])[] = [
    [`https://${host}`, true, 200],
    [`HTTPS://KMS.example:7600`, true, 200],
    [`http://${host}`, true, 403],
    [`http://${host}`, false, 200],
    [`https://${host}`, false, 200],
    ['https://kms.example', true, 403],
    [`https://${host}.attacker.example`, true, 403],
    ['null', true, 403],
  ]
  for (const [origin, isTls, status] of cases) {
    const connection = { address: '192.0.2.1', tls: isTls ? tls : undefined }
    const rawHeaders = ['Host', host, 'Origin', origin]
    const asked = { method: 'POST', target: '/console/session/end', rawHeaders, connection }
    assert.equal((await site.answer(request(asked))).status, status, `${origin} ${isTls}`)
  }
})

test('a console that was not built says how to build it', async () => {
  const answer = await consoleSite({ files: undefined, routes }).answer(request({}))
  assert.equal(answer.status, 503)
  assert.match(fromUtf8(answer.body), /npm run build:console/)
})
