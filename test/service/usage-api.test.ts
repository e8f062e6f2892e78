/** The usage API: signed with the SDK's own signer, authorized by policies, recorded like every call. */

import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { DecryptCommand, EncryptCommand, RotateKeyOnDemandCommand } from '@aws-sdk/client-kms'
import { SignatureV4 } from '@smithy/signature-v4'
import type { Output } from '../../src/api/json.ts'
import { eventOf } from '../support/audit.ts'
import { type Answer, assertError, callRaw, newKey, succeed } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import { allow, iamClient, kmsAs, newUser, policyText } from '../support/iam.ts'
import { REGION } from '../support/kms.ts'
import { type Credentials, startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { until } from '../support/until.ts'

const TARGET = 'Holdfast_20261101.'
const ACCOUNT = '000000000000'

let server: TestServer
let keyId: string
let arn: string
let ada: Credentials
let folder: string
let prices: string

before(async () => {
  folder = await temporaryFolder()
  prices = join(folder, 'prices.json')
  await writeFile(
    prices,
    '{"currency":"EUR","keyMonth":1,"calls":[{"operations":["Enc*"],"per10000Calls":10000}]}',
  )
  server = await startServer({ environment: { HOLDFAST_PRICES: prices } })
  keyId = await newKey(server)
  arn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/${keyId}`
  const root = kmsAs(server, server.credentials)
  const { CiphertextBlob } = await root.send(
    new EncryptCommand({ KeyId: keyId, Plaintext: Buffer.from('x') }),
  )
  await root.send(new EncryptCommand({ KeyId: keyId, Plaintext: Buffer.from('y') }))
  await root.send(new RotateKeyOnDemandCommand({ KeyId: keyId }))
  await root.send(new DecryptCommand({ CiphertextBlob }))
  const policy = policyText(allow('kms:*'), {
    ...{ Effect: 'Allow', Action: 'holdfast:Get*' },
    Resource: `arn:aws:holdfast:${REGION}:${ACCOUNT}:key/${keyId}`,
  })
  ada = await newUser(iamClient(server), 'ada', policy)
})

after(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** Asks as often as the rate limit wants it to be tried again. */
async function ask(
  operation: string,
  input: Output,
  credentials: Partial<Credentials> = {},
): Promise<Answer> {
  const send = () =>
    callRaw(server, TARGET + operation, JSON.stringify(input), { service: 'holdfast', ...credentials })
  let answer = await send()
  await until('a call is admitted', async () => {
    if (answer.code === 'ThrottlingException') answer = await send()
    return answer.code !== 'ThrottlingException' || undefined
  })
  return answer
}

async function give(operation: string, input: Output): Promise<Answer['json']> {
  const answer = await ask(operation, input)
  assert.equal(answer.status, 200, answer.text)
  return answer.json
}

class Sha256 {
  #hash
  constructor(secret?: unknown) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as Uint8Array)
  }
  update(data: Uint8Array | string): void {
    this.#hash.update(data)
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest())
  }
  reset(): void {}
}

test('GetUsage answers a request that the SDK has signed', async () => {
  const { hostname, port, host } = new URL(server.endpoint)
  const signer = new SignatureV4({
    ...{ service: 'holdfast', region: REGION, credentials: server.credentials },
    sha256: Sha256,
  })
  const body = JSON.stringify({ GroupBy: ['operation'] })
  const { headers } = await signer.sign({
    ...{ method: 'POST', protocol: 'http:', hostname, port: Number(port), path: '/', body },
    headers: { host, 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `${TARGET}GetUsage` },
  })
  delete headers['host']
  const response = await fetch(server.endpoint, { method: 'POST', headers, body })
  assert.equal(response.status, 200)
  const { Lines } = (await response.json()) as { readonly Lines: readonly { readonly Values: Output }[] }
  assert.ok(Lines.some(({ Values }) => Values['operation'] === 'Encrypt'))
})

type Usage = {
  readonly Lines: readonly {
    readonly Values: Readonly<Record<string, string>>
    readonly Calls: number
    readonly Failures: number
    readonly Cost?: number
  }[]
  readonly Totals?: Readonly<Record<string, number>>
  readonly Currency: string
  readonly Current: boolean
  readonly NextToken?: string
}

async function usage(input: Output): Promise<Usage> {
  return (await give('GetUsage', input)) as Usage
}

test('GetUsage gives the numbers of holdfast usage, with costs', async () => {
  const EndTime = Math.floor(Date.now() / 3_600_000) * 3600 + 3600
  const columns = ['day', 'account', 'key', 'principal', 'operation']
  const found = await usage({ GroupBy: columns, KeyArn: arn, EndTime, MaxResults: 1000 })
  const args = ['--by', columns.join(','), '--key', arn, '--format', 'json', '--prices', prices]
  const printed = await runHoldfast(server.data, 'usage', ...args)
  const lines = JSON.parse(printed.output).map(({ calls, failures, cost, currency, ...values }: Output) => ({
    ...{ Values: values, Calls: calls, Failures: failures, Cost: cost },
  }))
  assert.deepEqual(found.Lines, lines)
  const encrypts = found.Lines.find(({ Values }) => Values['operation'] === 'Encrypt')
  assert.deepEqual([encrypts?.Calls, encrypts?.Cost, found.Currency, found.Current], [2, 2, 'EUR', true])
  assert.equal(found.Totals?.['CallsCost'], 2)
  const cost = found.Totals?.['KeysCost'] ?? 0
  assert.ok(cost > 0)
  await succeed(server, 'CreateKey', {})
  const later = await usage({
    GroupBy: columns,
    KeyArn: arn,
    EndTime: EndTime + 30 * 86_400,
    StartTime: EndTime - 86_400,
  })
  // A month to come would cost a thousand times as much as the seconds that this key has been there.
  assert.ok((later.Totals?.['KeysCost'] ?? 0) < 100 * cost)
})

test('GetUsage goes on page by page, with the same parameters only', async () => {
  const input = {
    GroupBy: ['operation'],
    StartTime: Date.now() / 1000 - 3600,
    EndTime: Date.now() / 1000 + 60,
  }
  const names: string[] = []
  let token: string | undefined
  let pages = 0
  do {
    const page = await usage({ ...input, MaxResults: 2, NextToken: token })
    assert.ok(page.Lines.length <= 2)
    assert.equal(page.Totals === undefined, token !== undefined)
    names.push(...page.Lines.map(({ Values }) => Values['operation'] ?? ''))
    token = page.NextToken
    pages += 1
  } while (token !== undefined)
  assert.ok(pages > 2)
  assert.deepEqual(names, [...new Set(names)].sort())
  const first = await usage({ ...input, MaxResults: 1 })
  const other = { ...input, GroupBy: ['key'], NextToken: String(first.NextToken) }
  assertError(await ask('GetUsage', other), 'InvalidNextTokenException', /other parameters/)
  assertError(await ask('GetUsage', { NextToken: 'x' }), 'InvalidNextTokenException', /not valid/)
})

test('GetUsage refuses what it cannot count', async () => {
  for (const [input, code] of [
    [{ StartTime: 2000, EndTime: 1000 }, 'InvalidTimeRangeException'],
    [{ StartTime: 0, EndTime: 400 * 86_400 + 1 }, 'InvalidTimeRangeException'],
    [{ StartTime: -5, EndTime: 1000 }, 'InvalidTimeRangeException'],
    [{ KeyArn: 'alias/first' }, 'InvalidArnException'],
    [{ GroupBy: ['colour'] }, 'ValidationException'],
    [{ GroupBy: [] }, 'ValidationException'],
    [{ MaxResults: 0 }, 'ValidationException'],
    [{ MaxResults: 1001 }, 'ValidationException'],
  ] as const)
    assertError(await ask('GetUsage', input), code, /./)
  assert.deepEqual((await usage({ StartTime: 0, EndTime: 400 * 86_400 })).Lines, [])
})

test('GetMaterialUsage says which materials still decrypt', async () => {
  const { KeyArn, Materials } = await give('GetMaterialUsage', { KeyId: keyId })
  assert.equal(KeyArn, arn)
  assert.deepEqual(
    (Materials as readonly Output[]).map(({ State, Decrypts }) => [State, Decrypts]),
    [
      ['NON_CURRENT', 1],
      ['CURRENT', 0],
    ],
  )
})

test('GetKeyImpact says who uses a key, and is recorded like every call, with the key', async () => {
  const answer = await ask('GetKeyImpact', { KeyId: arn })
  const { Key, Users, Consequences, Statements } = answer.json as Readonly<Record<string, readonly Output[]>>
  assert.deepEqual((Key as unknown as Output)['Arn'], arn)
  assert.ok(Users?.some(({ Operation, Calls }) => Operation === 'Encrypt' && Calls === 2))
  assert.match(String(Consequences?.[0]), /cannot be decrypted/)
  assert.equal(Statements?.[0]?.['Holder'], arn)
  const event = await eventOf(server, answer.requestId)
  assert.deepEqual(
    [event['eventSource'], event['eventName'], event['readOnly'], event['requestParameters']],
    ['holdfast', 'GetKeyImpact', true, { keyId: arn }],
  )
  assert.deepEqual(event['resources'], [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: arn }])
})

test('a key that is not there, or of another account, is not found', async () => {
  for (const KeyId of [
    '00000000-0000-4000-8000-000000000000',
    'alias/none',
    `arn:aws:kms:${REGION}:111122223333:key/${keyId}`,
  ]) {
    assertError(await ask('GetKeyImpact', { KeyId }), 'NotFoundException', /./)
    assertError(await ask('GetMaterialUsage', { KeyId }), 'NotFoundException', /./)
  }
  assertError(await ask('GetKeyImpact', {}), 'ValidationException', /keyId/)
})

test('calls need the permission of their name: on the key, or on the account', async () => {
  assert.equal((await ask('GetKeyImpact', { KeyId: keyId }, ada)).status, 200)
  assert.equal((await ask('GetMaterialUsage', { KeyId: keyId }, ada)).status, 200)
  const refused =
    /is not authorized to perform: holdfast:GetUsage on resource: \* because no identity-based policy allows/
  assertError(await ask('GetUsage', {}, ada), 'AccessDeniedException', refused)
  const other = await newKey(server)
  assertError(
    await ask('GetKeyImpact', { KeyId: other }, ada),
    'AccessDeniedException',
    /holdfast:GetKeyImpact/,
  )
  const wrong = { ...ada, secretAccessKey: 'wrong' }
  assert.equal((await ask('GetUsage', {}, wrong)).code, 'InvalidSignatureException')
})

test('an operation that the service has not, and a signature for another service, are refused', async () => {
  assertError(await ask('GetColour', {}), 'UnknownOperationException', undefined)
  const answer = await callRaw(server, `${TARGET}GetUsage`, '{}', { service: 'kms' })
  assert.equal(answer.code, 'InvalidSignatureException')
})

test('the service is limited to two calls a second for an account, whatever regions they name', async () => {
  const answers: Awaited<ReturnType<typeof callRaw>>[] = []
  // What earlier tests have used of the allowance fills again: calls that are refused take nothing of it.
  for (let round = 0; round < 1000 && !answers.some(({ status }) => status === 200); round += 1) {
    const options = { service: 'holdfast', region: `made-up-${round}` }
    answers.push(await callRaw(server, `${TARGET}GetUsage`, '{}', options))
  }
  const more = Array.from({ length: 12 }, (_, index) =>
    callRaw(server, `${TARGET}GetUsage`, '{}', { service: 'holdfast', region: `made-up-too-${index}` }),
  )
  answers.push(...(await Promise.all(more)))
  assert.ok(answers.some(({ status }) => status === 200))
  assert.ok(answers.some(({ code }) => code === 'ThrottlingException'))
})
