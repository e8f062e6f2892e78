/** Presigned requests: AWS's own signer makes the URL, anybody may use it while it is valid. */

import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { after, before, test } from 'node:test'
import { SignatureV4 } from '@smithy/signature-v4'
import { iamClient, newUser, type TestCredentials } from '../support/iam.ts'
import { REGION } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { assume, newRole, stsClient, trust } from '../support/sts.ts'

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === 'string') return Buffer.from(data)
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(data)
}

/** What the signer hashes with. */
class Sha256 {
  readonly #secret: Buffer | undefined
  #chunks: Uint8Array[] = []

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#secret = secret === undefined ? undefined : bytesOf(secret)
  }

  update(data: Uint8Array | string): void {
    this.#chunks.push(Buffer.from(data))
  }

  async digest(): Promise<Uint8Array> {
    const hash = this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret)
    return hash.update(Buffer.concat(this.#chunks)).digest()
  }

  reset(): void {
    this.#chunks = []
  }
}

let server: TestServer

before(async () => {
  server = await startServer()
})

after(() => server[Symbol.asyncDispose]())

type Presigning = {
  readonly credentials?: TestCredentials
  readonly headers?: Readonly<Record<string, string>>
  readonly signedAt?: Date
  readonly expiresIn?: number
}

const IDENTITY = { Action: 'GetCallerIdentity', Version: '2011-06-15' }

async function presign(query: Record<string, string>, options: Presigning = {}): Promise<URL> {
  const { credentials = server.credentials, headers = {}, signedAt = new Date(), expiresIn = 60 } = options
  const signer = new SignatureV4({ credentials, region: REGION, service: 'sts', sha256: Sha256 })
  const { protocol, hostname, port, host } = new URL(server.endpoint)
  const request = {
    method: 'GET',
    protocol,
    hostname,
    port: Number(port),
    path: '/',
    query,
    headers: { ...headers, host },
  }
  const signed = await signer.presign(request, {
    signingDate: signedAt,
    expiresIn,
    unsignableHeaders: new Set(),
    unhoistableHeaders: new Set(Object.keys(headers)),
  })
  const url = new URL(server.endpoint)
  url.search = Object.entries(signed.query ?? {})
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
    .join('&')
  return url
}

async function get(url: URL | string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const answer = await fetch(url, { headers })
  const text = await answer.text()
  const code = /<Code>(\w+)<\/Code>/.exec(text)?.[1]
  return `${answer.status} ${code ?? /<Arn>(.*)<\/Arn>/.exec(text)?.[1]}`
}

test('a presigned GetCallerIdentity names whoever signed it: root users, users and sessions', async () => {
  assert.equal(await get(await presign(IDENTITY)), '200 arn:aws:iam::000000000000:root')
  const iam = iamClient(server)
  const ada = await newUser(iam, 'ada')
  assert.equal(
    await get(await presign(IDENTITY, { credentials: ada })),
    '200 arn:aws:iam::000000000000:user/ada',
  )
  const role = await newRole(iam, 'reader', trust({ AWS: 'arn:aws:iam::000000000000:user/ada' }))
  const session = await assume(stsClient(server, ada), role)
  assert.equal(
    await get(await presign(IDENTITY, { credentials: session })),
    '200 arn:aws:sts::000000000000:assumed-role/reader/session',
  )
})

test('a header that was signed, as clusters do with their name, has to come with the request', async () => {
  const headers = { 'x-k8s-aws-id': 'cluster-one' }
  const url = await presign(IDENTITY, { headers })
  assert.equal(await get(url, headers), '200 arn:aws:iam::000000000000:root')
  assert.equal(await get(url, { 'x-k8s-aws-id': 'cluster-two' }), '403 SignatureDoesNotMatch')
  assert.equal(await get(url), '403 SignatureDoesNotMatch')
})

test('a presigned request that was changed is refused', async () => {
  const url = await presign(IDENTITY)
  const changed = (change: (search: string) => string): string => `${server.endpoint}/${change(url.search)}`
  assert.equal(await get(changed((search) => search)), '200 arn:aws:iam::000000000000:root')
  for (const change of [
    (search: string) => search.replace('GetCallerIdentity', 'GetSessionToken'),
    (search: string) => search.replace('X-Amz-Expires=60', 'X-Amz-Expires=61'),
    (search: string) => `${search}&Other=1`,
    (search: string) =>
      search.replace(/X-Amz-Signature=(.)/, (_, digit) => `X-Amz-Signature=${digit === '0' ? '1' : '0'}`),
  ]) {
    assert.equal(await get(changed(change)), '403 SignatureDoesNotMatch')
  }
})

test('a presigned request without one of its parameters, or with one twice, is refused', async () => {
  const url = await presign(IDENTITY)
  for (const name of ['Algorithm', 'Credential', 'Date', 'Expires', 'SignedHeaders']) {
    const without = new URL(url)
    without.searchParams.delete(`X-Amz-${name}`)
    assert.equal(await get(without), '400 IncompleteSignature', name)
  }
  for (const again of ['X-Amz-Date=20261125T000000Z', 'x-amz-date=20261125T000000Z', 'X-AMZ-EXPIRES=60']) {
    assert.equal(await get(`${url}&${again}`), '400 IncompleteSignature', again)
  }
  for (const expires of ['0', '604801', '-1', '1e3']) {
    const wrong = new URL(url)
    wrong.searchParams.set('X-Amz-Expires', expires)
    assert.equal(await get(wrong), '400 IncompleteSignature', expires)
  }
  const week = await presign(IDENTITY, { expiresIn: 604_800 })
  assert.equal(await get(week), '200 arn:aws:iam::000000000000:root')
})

test('a presigned request is good for a quarter of an hour, whatever it says', async () => {
  const ago = (minutes: number): Date => new Date(Date.now() - minutes * 60_000)
  const young = await presign(IDENTITY, { signedAt: ago(14), expiresIn: 60 })
  assert.equal(await get(young), '200 arn:aws:iam::000000000000:root')
  const old = await presign(IDENTITY, { signedAt: ago(16), expiresIn: 3600 })
  assert.equal(await get(old), '403 SignatureDoesNotMatch')
})

test('credentials in the query string and in the header together are refused', async () => {
  const url = await presign(IDENTITY)
  const authorization = 'AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host, Signature=00'
  assert.equal(await get(url, { authorization }), '400 IncompleteSignature')
})

test('a session token or a date in a header of a presigned request is refused, signed or not', async () => {
  for (const name of ['x-amz-security-token', 'x-amz-date']) {
    const headers = { [name]: '20261125T000000Z' }
    assert.equal(await get(await presign(IDENTITY), headers), '400 IncompleteSignature')
    assert.equal(await get(await presign(IDENTITY, { headers }), headers), '400 IncompleteSignature')
  }
})

test('a GET without an action, or without a signature, runs nothing', async () => {
  const actionless = await fetch(`${server.endpoint}/?X-Amz-Signature=00`)
  assert.equal(actionless.status, 400)
  assert.equal(
    await get(`${server.endpoint}/?Action=GetCallerIdentity&Version=2011-06-15`),
    '403 MissingAuthenticationToken',
  )
})

test('a presigned request is answered in JSON when that is accepted, as authenticators of clusters ask', async () => {
  const headers = { 'x-k8s-aws-id': 'cluster', accept: 'application/json' }
  const url = await presign(IDENTITY, { headers: { 'x-k8s-aws-id': 'cluster' } })
  const answer = await fetch(url, { headers })
  assert.equal(answer.headers.get('content-type'), 'application/json')
  assert.deepEqual(await answer.json(), {
    GetCallerIdentityResponse: {
      GetCallerIdentityResult: {
        UserId: '000000000000',
        Account: '000000000000',
        Arn: 'arn:aws:iam::000000000000:root',
      },
      ResponseMetadata: { RequestId: answer.headers.get('x-amzn-requestid') },
    },
  })
  const refused = await fetch(url, { headers: { ...headers, 'x-k8s-aws-id': 'other' } })
  assert.equal(refused.status, 403)
  const { Error: error } = (await refused.json()) as { Error: { Code: string; Type: string } }
  assert.equal(`${error.Code} ${error.Type}`, 'SignatureDoesNotMatch Sender')
})
