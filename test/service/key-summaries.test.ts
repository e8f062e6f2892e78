/** Searches of keys by the service's own API: filters, order, pages, and what callers see. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Output } from '../../src/api/json.ts'
import { type Answer, assertError, call, callRaw, succeed } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import { allow, iamClient, newUser, policyText, type TestCredentials } from '../support/iam.ts'
import { readCredentials, startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const HOME = '000000000000'
const TEAM = '111122223333'

let server: TestServer
let team: TestCredentials
const keys: Record<string, string> = {}

before(async () => {
  server = await startServer()
  const { status, errors } = await runHoldfast(server.data, 'account', 'create', `--id=${TEAM}`)
  assert.equal(status, 0, errors)
  team = await readCredentials(server.data, TEAM)
  await make('orders', { Description: 'Orders of the shop', Tags: tags({ team: 'Shop', stage: 'live' }) })
  await make('invoices', { Description: 'Invoices', Tags: tags({ team: 'Shop', stage: 'test' }) })
  await make('signing', { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
  await make('imported', { Origin: 'EXTERNAL' })
  await make('macs', { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })
  await succeed(server, 'DisableKey', { KeyId: keys['invoices'] ?? '' })
  await succeed(server, 'Encrypt', { KeyId: keys['orders'] ?? '', Plaintext: 'AAAA' })
})

after(() => server[Symbol.asyncDispose]())

function tags(values: Readonly<Record<string, string>>): readonly Output[] {
  return Object.entries(values).map(([TagKey, TagValue]) => ({ TagKey, TagValue }))
}

async function make(name: string, input: Output): Promise<void> {
  const { KeyMetadata } = await succeed(server, 'CreateKey', input)
  const { KeyId } = KeyMetadata as { readonly KeyId: string }
  await succeed(server, 'CreateAlias', { AliasName: `alias/${name}`, TargetKeyId: KeyId })
  keys[name] = KeyId
}

/** Calls are limited to 20 a second. */
function ask(input: Output, credentials = server.credentials): Promise<Answer> {
  const target = 'Holdfast_20261101.ListKeySummaries'
  return until('the call is not throttled', async () => {
    const options = { service: 'holdfast', ...credentials } as const
    const answer = await callRaw(server, target, JSON.stringify(input), options)
    return answer.code === 'ThrottlingException' ? undefined : answer
  })
}

async function page(input: Output, credentials?: TestCredentials): Promise<Output> {
  const answer = await ask(input, credentials)
  assert.equal(answer.status, 200, answer.text)
  return answer.json as Output
}

async function listed(input: Output): Promise<readonly string[]> {
  const { Keys, Matches, NextToken } = await page(input)
  const names = (Keys as readonly Output[]).map(({ Aliases }) => String((Aliases as string[])[0]).slice(6))
  if (NextToken === undefined && input['NextToken'] === undefined) assert.equal(Matches, names.length)
  return names
}

const filter = (Name: string, ...Values: readonly string[]): Output => ({ Name, Values })

test('ListKeySummaries filters by every member', async () => {
  const found: readonly (readonly [Output, readonly string[]])[] = [
    [{ Filters: [filter('KeyState', 'Disabled')] }, ['invoices']],
    [{ Filters: [filter('KeyState', 'Disabled', 'PendingImport')] }, ['imported', 'invoices']],
    [{ Filters: [filter('KeySpec', '!SYMMETRIC_DEFAULT')] }, ['macs', 'signing']],
    [{ Filters: [filter('KeyUsage', 'SIGN_VERIFY')] }, ['signing']],
    [{ Filters: [filter('Origin', 'EXTERNAL')] }, ['imported']],
    [{ Filters: [filter('KeyManager', 'AWS')] }, []],
    [{ Filters: [filter('MultiRegion', 'true')] }, []],
    [{ Filters: [filter('CustomKeyStoreId', 'cks-1')] }, []],
    [{ Filters: [filter('Alias', 'IN')] }, ['invoices', 'signing']],
    [{ Filters: [filter('Description', 'shop')] }, ['orders']],
    [{ Filters: [filter('TagKey', 'stage')] }, ['invoices', 'orders']],
    [{ Filters: [filter('TagValue', 'LIVE')] }, ['orders']],
    [{ Filters: [filter('Tag', 'stage=live', 'stage=test'), filter('Tag', '!stage=test')] }, ['orders']],
    [{ Filters: [filter('KeyId', keys['macs'] ?? '')] }, ['macs']],
    [{ Search: 'shop' }, ['invoices', 'orders']],
    [{ Search: (keys['orders'] ?? '').slice(3, 20) }, ['orders']],
    [{ CreatedAfter: 4_000_000_000 }, []],
    [{ CreatedBefore: 1000 }, []],
    [{ LastUsedBefore: 1000 }, ['imported', 'invoices', 'macs', 'signing']],
  ]
  for (const [input, names] of found)
    assert.deepEqual(await listed({ SortBy: 'Alias', ...input }), names, JSON.stringify(input))
})

test('ListKeySummaries sorts by every member in both orders, page by page', async () => {
  const orders = ['KeyId', 'Alias', 'Description', 'CreationDate', 'KeyState', 'KeySpec', 'KeyUsage']
  for (const SortBy of [...orders, 'Origin', 'LastUsedDate', 'DeletionDate']) {
    for (const SortOrder of ['ASCENDING', 'DESCENDING']) {
      const all = await listed({ SortBy, SortOrder })
      assert.equal(all.length, 5, SortBy)
      const paged: string[] = []
      let NextToken: string | undefined
      do {
        const input = { SortBy, SortOrder, MaxResults: 2, ...(NextToken !== undefined && { NextToken }) }
        const { Keys, Matches, Total, NextToken: next } = await page(input)
        for (const { Aliases } of Keys as readonly Output[])
          paged.push(String((Aliases as string[])[0]).slice(6))
        assert.deepEqual([Matches, Total], [5, 5])
        NextToken = next as string | undefined
      } while (NextToken !== undefined)
      assert.deepEqual(paged, all, `${SortBy} ${SortOrder}`)
    }
  }
  assert.deepEqual(await listed({ SortBy: 'Alias' }), ['imported', 'invoices', 'macs', 'orders', 'signing'])
  assert.deepEqual((await listed({ SortBy: 'Description', SortOrder: 'DESCENDING' })).slice(0, 2), [
    'orders',
    'invoices',
  ])
})

test('ListKeySummaries shows what the KMS operations show, and when a key was last used', async () => {
  const keyId = keys['orders'] ?? ''
  const { KeyMetadata } = await succeed(server, 'DescribeKey', { KeyId: keyId })
  const metadata = KeyMetadata as Output
  const input = { Filters: [filter('KeyId', keyId)] }
  const shown = await until('the last use', async () => {
    const [key] = (await page(input))['Keys'] as readonly Output[]
    return key?.['LastUsedDate'] === undefined ? undefined : key
  })
  const same = [
    'KeyId',
    'KeyState',
    'KeySpec',
    'KeyUsage',
    'Origin',
    'KeyManager',
    'MultiRegion',
    'CreationDate',
  ]
  for (const member of [...same, 'Description']) assert.deepEqual(shown[member], metadata[member], member)
  assert.equal(shown['KeyArn'], metadata['Arn'])
  assert.deepEqual(shown['Tags'], tags({ team: 'Shop', stage: 'live' }))
  assert.deepEqual((await listed({ SortBy: 'LastUsedDate' }))[0], 'orders')
  assert.deepEqual(await listed({ LastUsedAfter: 1000 }), ['orders'])
})

test('ListKeySummaries follows each change at once, also of another process', async () => {
  const before = await listed({ SortBy: 'Alias' })
  await make('new', {})
  assert.deepEqual(await listed({ SortBy: 'Alias' }), [...before, 'new'].sort())
  await succeed(server, 'ScheduleKeyDeletion', { KeyId: keys['new'] ?? '' })
  assert.deepEqual(await listed({ Filters: [filter('KeyState', 'PendingDeletion')] }), ['new'])
  assert.deepEqual(await listed({ SortBy: 'DeletionDate', MaxResults: 1 }), ['new'])
  await succeed(server, 'DeleteAlias', { AliasName: 'alias/new' })
  assert.deepEqual(await listed({ Search: 'alias/new' }), [])
})

test('ListKeySummaries refuses wrong values, and a token of other parameters', async () => {
  const { NextToken } = await page({ MaxResults: 1 })
  const token = String(NextToken)
  assertError(
    await ask({ MaxResults: 1, SortBy: 'Alias', NextToken: token }),
    'InvalidNextTokenException',
    /not valid/,
  )
  const forged = Buffer.from(token, 'base64url').toString().replace(/\{.*/s, '{"value":{},"keyId":"x"}')
  for (const after of [forged, forged.replace(/\{.*/s, '{'), forged.replace(/\{.*/s, '[]')]) {
    const NextToken = Buffer.from(after).toString('base64url')
    assertError(await ask({ MaxResults: 1, NextToken }), 'InvalidNextTokenException', /not valid/)
  }
  for (const wrong of [
    { MaxResults: 0 },
    { MaxResults: 1001 },
    { SortBy: 'Colour' },
    { Filters: [filter('Colour', 'red')] },
    { Filters: [{ Name: 'Tag', Values: [] }] },
  ])
    assertError(await ask(wrong), 'ValidationException', /./)
})

test('ListKeySummaries needs its permission, and shows an account its own keys alone', async () => {
  const iam = iamClient(server)
  const permitted = {
    ...allow('holdfast:ListKeySummaries'),
    Resource: `arn:aws:holdfast:*:${HOME}:key/*`,
  }
  const reader = await newUser(iam, 'reader', policyText(permitted))
  const nobody = await newUser(iam, 'nobody', policyText(allow('kms:*')))
  iam.destroy()
  assert.equal((await page({}, reader))['Total'], (await page({}))['Total'])
  assertError(await ask({}, nobody), 'AccessDeniedException', /holdfast:ListKeySummaries/)
  assertError(await ask({ AccountId: TEAM }, reader), 'NotFoundException', /does not exist$/)
  assert.deepEqual((await page({}, team))['Keys'], [])
  assertError(await ask({ AccountId: HOME }, team), 'NotFoundException', /does not exist$/)
  assert.equal((await call(server, 'CreateKey', {}, { ...team })).status, 200)
  assert.equal((await page({ AccountId: TEAM }))['Total'], 1)
})
