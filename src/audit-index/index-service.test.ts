import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openTestLog } from '../../test/support/audit-log.ts'
import {
  TEST_ACCOUNT,
  TEST_REGION,
  TEST_SECOND,
  type TestEvent,
  testEventId,
  testKeyArn,
  testRecord,
  testService,
} from '../../test/support/index-events.ts'
import { testFolder } from '../../test/support/test-folder.ts'
import { systemFiles } from '../audit/log/files.ts'
import { type Log, silentLog } from '../base/log.ts'
import type { IndexService } from './index-service.ts'
import type { LookupQuestion } from './lookup.ts'
import type { LookupAttribute } from './terms.ts'

const HOUR = 3600
const NOW = { reachMs: 5000 } as const

/** Folders of a log and its index. */
function folders() {
  const folder = testFolder()
  const paths = { audit: join(folder.path, 'audit'), index: join(folder.path, 'index') }
  return {
    ...paths,
    segment: join(paths.audit, 'node-0', '0000000000000001.jsonl'),
    [Symbol.dispose]: folder[Symbol.dispose],
  }
}

async function write(audit: string, events: readonly TestEvent[], segmentMaxBytes?: number): Promise<void> {
  const size = segmentMaxBytes === undefined ? {} : { segmentMaxBytes }
  const { log } = await openTestLog({ folder: audit, ...size })
  for (const event of events) await log.append(testRecord(event))
  await log.close()
}

async function find(
  service: IndexService,
  attribute?: readonly [LookupAttribute, string],
  more: Partial<LookupQuestion> = {},
): Promise<{ readonly ids: readonly number[]; readonly next: number | undefined }> {
  const question: LookupQuestion = {
    account: TEST_ACCOUNT,
    region: TEST_REGION,
    attribute: attribute && { name: attribute[0], value: attribute[1] },
    fromSecond: 0,
    toSecond: TEST_SECOND + 1_000_000,
    limit: 50,
    ...more,
  }
  const { value } = await service.answer({ ask: 'lookup', question, ...NOW })
  const ids = value.events.map((text) => Number.parseInt(JSON.parse(text).eventID.slice(0, 8), 16))
  return { ids, next: value.next }
}

test('events are found by their own ids and by those of their requests, in all accounts', async () => {
  using place = folders()
  const requestId = '00000001-0000-4000-9000-00000000000a'
  await write(place.audit, [
    { id: 1, requestId },
    { id: 1, requestId, account: '444455556666' },
    { id: 2, requestId },
    { id: 1, requestId: '00000001-0000-4000-9000-00000000000b' },
  ])
  await using service = testService(place.index, place.audit)
  const found = async (id: string): Promise<readonly string[]> => {
    const { value } = await service.answer({ ask: 'find', id, ...NOW })
    return value.map((text) => JSON.parse(text).recipientAccountId).sort()
  }
  // An event that does not begin as its request does is found by its own id alone.
  assert.deepEqual(await found(requestId), [TEST_ACCOUNT, '444455556666'])
  assert.deepEqual(await found(testEventId(1)), [TEST_ACCOUNT, TEST_ACCOUNT, '444455556666'])
  assert.deepEqual(await found('00000003-0000-4000-8000-000000000000'), [])
  assert.deepEqual(await found('no id'), [])
})

test('a lookup finds events by each attribute, newest first', async () => {
  using place = folders()
  await write(place.audit, [
    { id: 1, name: 'CreateKey', key: 'k1', readOnly: false },
    { id: 2, second: TEST_SECOND + 1, name: 'Encrypt', key: 'k1', user: 'ada' },
    { id: 3, second: TEST_SECOND + 1, name: 'Encrypt', key: ['k1', 'k2'], user: 'bob' },
    { id: 4, second: TEST_SECOND + 2, name: 'CreateUser', source: 'iam.amazonaws.com', readOnly: false },
    { id: 5, second: TEST_SECOND + 3, region: 'us-east-1' },
    { id: 6, second: TEST_SECOND + 3, account: '444455556666', key: 'k1' },
  ])
  await using service = testService(place.index, place.audit)
  const ids = async (...attribute: [LookupAttribute, string]) => (await find(service, attribute)).ids
  assert.deepEqual((await find(service)).ids, [4, 3, 2, 1])
  assert.deepEqual(await ids('EventName', 'Encrypt'), [3, 2])
  assert.deepEqual(await ids('EventName', 'encrypt'), [])
  assert.deepEqual(await ids('Username', 'ada'), [2])
  assert.deepEqual(await ids('Username', 'root'), [4, 1])
  assert.deepEqual(await ids('AccessKeyId', 'AKIAbob'), [3])
  assert.deepEqual(await ids('ReadOnly', 'false'), [4, 1])
  assert.deepEqual(await ids('ReadOnly', 'true'), [3, 2])
  assert.deepEqual(await ids('EventSource', 'iam.amazonaws.com'), [4])
  assert.deepEqual(await ids('ResourceType', 'AWS::KMS::Key'), [3, 2, 1])
  assert.deepEqual(await ids('ResourceName', testKeyArn('k2')), [3])
  assert.deepEqual(await ids('ResourceName', 'k1'), [3, 2, 1])
  assert.deepEqual(await ids('EventId', testEventId(2)), [2])
  assert.deepEqual(await ids('EventId', testEventId(5)), [], 'an event of another region')
  assert.deepEqual(await ids('EventId', 'no id'), [])
})

test('a lookup keeps to its time range, both ends included, and goes on page by page', async () => {
  using place = folders()
  const events = Array.from({ length: 25 }, (_, index) => ({ id: index + 1, second: TEST_SECOND + index }))
  await write(place.audit, events, 4000)
  assert.ok(readdirSync(join(place.audit, 'node-0')).length > 3, 'several segments')
  await using service = testService(place.index, place.audit)
  const range = { fromSecond: TEST_SECOND + 4, toSecond: TEST_SECOND + 13, limit: 4 }
  const pages: (readonly number[])[] = []
  for (let after: number | undefined, more = true; more; more = after !== undefined) {
    const page = await find(service, undefined, { ...range, after })
    pages.push(page.ids)
    after = page.next
  }
  assert.deepEqual(pages, [
    [14, 13, 12, 11],
    [10, 9, 8, 7],
    [6, 5],
  ])
})

test('the last use of a key is its last successful cryptographic call', async () => {
  using place = folders()
  await write(place.audit, [
    { id: 1, name: 'Encrypt', key: 'k1' },
    { id: 2, second: TEST_SECOND + 1, name: 'ReEncrypt', key: ['k1', 'k2'] },
    { id: 3, second: TEST_SECOND + 2, name: 'Decrypt', key: 'k1', error: 'DisabledException' },
    { id: 4, second: TEST_SECOND + 3, name: 'DescribeKey', key: 'k1' },
    { id: 5, second: TEST_SECOND - 9, name: 'Decrypt', key: 'k2' },
    { id: 6, name: 'GetPublicKey', key: 'k3' },
  ])
  await using service = testService(place.index, place.audit)
  const lastUse = (key: string) => service.answer({ ask: 'lastUse', key: testKeyArn(key), ...NOW })
  const reEncrypt = {
    operation: 'ReEncrypt',
    second: TEST_SECOND + 1,
    eventId: testEventId(2),
    requestId: 'request-2',
  }
  assert.deepEqual(await lastUse('k1'), { value: reEncrypt, current: true })
  assert.deepEqual(await lastUse('k2'), { value: reEncrypt, current: true })
  assert.deepEqual(await lastUse('k3'), { value: undefined, current: true })
})

test('usage counts calls and failures by hour and series, over all transactions', async () => {
  using place = folders()
  const sign = { name: 'Sign', key: 'k1', parameters: { signingAlgorithm: 'RSASSA_PSS_SHA_256' } }
  await using service = testService(place.index, place.audit)
  await write(place.audit, [
    { id: 1, key: 'k1' },
    { id: 2, key: 'k1' },
  ])
  await service.catchUp()
  await write(place.audit, [
    { id: 3, key: 'k1', error: 'DisabledException' },
    { id: 4, key: 'k1', user: 'ada' },
    { id: 5, second: TEST_SECOND + HOUR, key: 'k1' },
    { id: 6, second: TEST_SECOND + HOUR, ...sign },
  ])
  const hour = TEST_SECOND / HOUR
  const ask = async (fromHour: number, toHour: number) => {
    const { value } = await service.answer({ ask: 'usage', question: { fromHour, toHour }, ...NOW })
    return value.map((row) => [
      row.hour - hour,
      row.operation,
      row.principal,
      row.variant,
      row.calls,
      row.failures,
    ])
  }
  const root = `arn:aws:iam::${TEST_ACCOUNT}:root`
  assert.deepEqual(await ask(hour, hour + 1), [
    [0, 'Encrypt', root, '', 3, 1],
    [0, 'Encrypt', `arn:aws:iam::${TEST_ACCOUNT}:user/ada`, '', 1, 0],
  ])
  assert.deepEqual(await ask(hour + 1, hour + 2), [
    [1, 'Encrypt', root, '', 1, 0],
    [1, 'Sign', root, 'RSASSA_PSS_SHA_256', 1, 0],
  ])
})

test('usage is summed up by day, or over all hours, when that is asked for', async () => {
  using place = folders()
  const midnight = Math.ceil(TEST_SECOND / (24 * HOUR)) * 24 * HOUR
  const at = [midnight - HOUR, midnight, midnight + 23 * HOUR, midnight + 24 * HOUR]
  await write(
    place.audit,
    at.map((second, id) => ({ id, second, key: 'k1', ...(id === 2 ? { error: 'Oops' } : {}) })),
  )
  await using service = testService(place.index, place.audit)
  const ask = async (hoursPerRow: number | undefined, limit?: number) => {
    const question = { fromHour: 0, toHour: 1_000_000, hoursPerRow, limit }
    const { value } = await service.answer({ ask: 'usage', question, ...NOW })
    return value.map(({ hour, calls, failures }) => [hour - midnight / HOUR, calls, failures])
  }
  assert.equal((await ask(undefined)).length, 4)
  assert.deepEqual(await ask(24), [
    [-24, 1, 0],
    [0, 2, 1],
    [24, 1, 0],
  ])
  assert.deepEqual(await ask(2 ** 31), [[-midnight / HOUR, 4, 1]])
  assert.equal((await ask(1, 2)).length, 2)
})

test('an index that was made again from the log is the same', async () => {
  using place = folders()
  await using service = testService(place.index, place.audit)
  await write(place.audit, [
    { id: 1, key: 'k1' },
    { id: 2, key: 'k1', user: 'ada' },
  ])
  const before = await find(service)
  service.rebuild()
  assert.deepEqual(await find(service), before)
  const { value } = await service.answer({ ask: 'status', ...NOW })
  assert.equal(value.events, 2)
})

test('an index that is lost or is not one is made again', async () => {
  using place = folders()
  await write(place.audit, [{ id: 1 }])
  for (const spoil of [
    () => rmSync(join(place.index, 'index.db')),
    () =>
      writeFileSync(join(place.index, 'index.db'), 'not a database, and long enough to be one'.repeat(50)),
  ]) {
    const service = testService(place.index, place.audit)
    assert.deepEqual((await find(service)).ids, [1])
    await service.close()
    spoil()
  }
  await using service = testService(place.index, place.audit)
  assert.deepEqual((await find(service)).ids, [1])
})

test('one service writes the index, others read it, and one of them takes over', async () => {
  using place = folders()
  const writer = testService(place.index, place.audit)
  await using reader = testService(place.index, place.audit)
  assert.equal(writer.claim(), true)
  assert.equal(reader.claim(), false)
  await write(place.audit, [{ id: 1 }])
  await writer.catchUp()
  assert.deepEqual((await find(reader)).ids, [1])
  await write(place.audit, [{ id: 2 }])
  const { current } = await reader.answer({ ask: 'status', reachMs: 0 })
  assert.equal(current, false, 'the reader knows that it is behind')
  reader.rebuild()
  await writer.catchUp()
  assert.deepEqual((await find(reader)).ids, [2, 1], 'the writer has made it again')
  await writer.close()
  await write(place.audit, [{ id: 3 }])
  assert.deepEqual((await find(reader)).ids, [3, 2, 1])
})

test('catchUp leaves events that are written meanwhile to the next transaction, and answers wait for them', async () => {
  using place = folders()
  await write(place.audit, [{ id: 1 }])
  const { log } = await openTestLog({ folder: place.audit })
  let written = 1
  const busy = {
    ...systemFiles,
    openRead: async (path: string) => {
      const file = await systemFiles.openRead(path)
      return {
        ...file,
        close: async () => {
          await file.close()
          if (written === 4) return
          written += 1
          await log.append(testRecord({ id: written }))
        },
      }
    },
  }
  await using service = testService(place.index, place.audit, silentLog, busy)
  const counted = async () => (await service.answer({ ask: 'status', reachMs: 0 })).value.events
  await service.catchUp()
  assert.equal(await counted(), 1)
  await service.catchUp()
  assert.equal(await counted(), 2)
  assert.deepEqual((await find(service)).ids, [3, 2, 1])
  await service.catchUp()
  assert.equal(await counted(), 4)
  await log.close()
})

test('a batch that was followed and then cut off is forgotten', async () => {
  using place = folders()
  const lines: string[] = []
  const log: Log = { ...silentLog, warn: (message) => void lines.push(message) }
  await using service = testService(place.index, place.audit, log)
  await write(place.audit, [{ id: 1 }])
  const durable = readFileSync(place.segment).length
  await write(place.audit, [{ id: 2 }])
  await service.catchUp()
  truncateSync(place.segment, durable)
  await write(place.audit, [{ id: 3, user: 'ada' }, { id: 4 }])
  await service.catchUp()
  await service.catchUp()
  assert.deepEqual((await find(service)).ids, [4, 3, 1])
  assert.deepEqual(lines, ['the index does not fit the audit log and is made again'])
})

test('a damaged log is followed up to the damage, which is reported once', async () => {
  using place = folders()
  const lines: string[] = []
  const log: Log = { ...silentLog, error: (message) => void lines.push(message) }
  await write(place.audit, [{ id: 1 }, { id: 2, user: 'ada' }, { id: 3 }])
  const text = readFileSync(place.segment, 'utf8')
  writeFileSync(place.segment, text.replace('user/ada', 'user/eve'))
  await using service = testService(place.index, place.audit, log)
  await service.catchUp()
  await service.catchUp()
  assert.deepEqual((await find(service, undefined, {})).ids, [1])
  assert.deepEqual(lines, ['the audit log cannot be followed: see holdfast audit verify'])
})

test('an event is given to nobody but the account of its own line, whatever the index says', async () => {
  using place = folders()
  await write(place.audit, [{ id: 1 }])
  await using service = testService(place.index, place.audit)
  await service.catchUp()
  const text = readFileSync(place.segment, 'utf8')
  writeFileSync(place.segment, text.replaceAll(TEST_ACCOUNT, '444455556666'))
  assert.deepEqual((await find(service)).ids, [])
})

test('the index tells calls on a key apart by who, from where, with which material and how they ended', async () => {
  using place = folders()
  const [old, now] = ['a'.repeat(64), 'b'.repeat(64)]
  const opened = (keyMaterialId: string) => ({ name: 'Decrypt', key: 'k1', additional: { keyMaterialId } })
  await write(place.audit, [
    { id: 1, user: 'ada', ...opened(old) },
    { id: 2, user: 'ada', ...opened(old), second: TEST_SECOND + 2 * HOUR },
    { id: 3, user: 'ada', ...opened(now), second: TEST_SECOND + HOUR },
    { id: 4, user: 'bob', ...opened(old), address: '2001:db8::1' },
    { id: 5, user: 'bob', name: 'Decrypt', key: 'k1', error: 'AccessDenied' },
    {
      id: 6,
      user: 'ada',
      name: 'ReEncrypt',
      key: ['k1', 'k2'],
      additional: { sourceKeyMaterialId: old, destinationKeyMaterialId: now },
    },
  ])
  await using service = testService(place.index, place.audit)
  const ask = async (key: string) =>
    (await service.answer({ ask: 'touches', key: testKeyArn(key), ...NOW })).value.map((row) => [
      row.principal.slice(row.principal.lastIndexOf('/') + 1),
      row.operation,
      row.material.slice(0, 1),
      row.opened,
      row.failed,
      row.address,
      row.calls,
      (row.lastSecond - row.firstSecond) / HOUR,
      Number.parseInt(row.eventId.slice(0, 8), 16),
    ])
  assert.deepEqual(await ask('k1'), [
    ['ada', 'Decrypt', 'a', true, false, '192.0.2.1', 2, 2, 2],
    ['ada', 'Decrypt', 'b', true, false, '192.0.2.1', 1, 0, 3],
    ['bob', 'Decrypt', '', true, true, '192.0.2.1', 1, 0, 5],
    ['bob', 'Decrypt', 'a', true, false, '2001:db8::1', 1, 0, 4],
    ['ada', 'ReEncrypt', 'a', true, false, '192.0.2.1', 1, 0, 6],
  ])
  assert.deepEqual(await ask('k2'), [['ada', 'ReEncrypt', 'b', false, false, '192.0.2.1', 1, 0, 6]])
})
