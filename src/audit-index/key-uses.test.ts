import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openTestLog, TEST_KEY } from '../../test/support/audit-log.ts'
import {
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
import { type FoundKeyUses, findKeyUses, type KeyUsesQuestion } from './key-uses.ts'

const EVENTS: readonly TestEvent[] = [
  { id: 1, key: 'k1', user: 'ada' },
  { id: 2, second: TEST_SECOND + 1, key: 'k1', user: 'ada', error: 'AccessDenied' },
  { id: 3, second: TEST_SECOND + 2, key: ['k2', 'k1'], name: 'ReEncrypt' },
  { id: 4, second: TEST_SECOND + 3, key: 'k2' },
  { id: 5, second: TEST_SECOND + 4, key: 'k1', account: '444455556666', user: 'eve' },
  { id: 6, second: TEST_SECOND + 60, key: 'k1', name: 'Decrypt' },
  { id: 7, second: TEST_SECOND + 60, key: 'k12' },
]
const QUESTION = {
  key: testKeyArn('k1'),
  region: TEST_REGION,
  fromMs: TEST_SECOND * 1000,
  toMs: (TEST_SECOND + 60) * 1000,
}

type Place = { readonly audit: string; readonly index: string }

/** A log of {@link EVENTS}, each in a batch of its own. */
async function withLog(use: (place: Place) => Promise<void>): Promise<void> {
  using folder = testFolder()
  const place = { audit: join(folder.path, 'audit'), index: join(folder.path, 'index') }
  const { log } = await openTestLog({ folder: place.audit })
  for (const event of EVENTS) await log.append(testRecord(event))
  await log.close()
  await use(place)
}

const dependenciesOf = ({ audit }: Place) => ({ files: systemFiles, auditFolder: audit, key: TEST_KEY })

async function fromIndex(place: Place): Promise<FoundKeyUses> {
  await using service = testService(place.index, place.audit)
  return await findKeyUses(dependenciesOf(place), service, QUESTION, 5000)
}

/** Asks an index that another process would have to fill, and that stays empty. */
async function withoutIndex(place: Place, question: KeyUsesQuestion = QUESTION): Promise<FoundKeyUses> {
  await using owner = testService(join(place.index, 'behind'), place.audit)
  assert.ok(owner.claim())
  await using service = testService(join(place.index, 'behind'), place.audit)
  return await findKeyUses(dependenciesOf(place), service, question, 0)
}

test('findKeyUses reads the log when the index is behind, and finds what the index finds', async () => {
  await withLog(async (place) => {
    const behind = await withoutIndex(place)
    assert.deepEqual([behind.source, behind.broken], ['log', []])
    assert.deepEqual(
      behind.uses.map(({ operation, calls, failures, lastEventId }) => [
        operation,
        calls,
        failures,
        lastEventId,
      ]),
      [
        ['Encrypt', 1, 0, testEventId(5)],
        ['ReEncrypt', 1, 0, testEventId(3)],
        ['Encrypt', 2, 1, testEventId(2)],
      ],
    )
    assert.deepEqual(await fromIndex(place), { ...behind, source: 'index' })
  })
})

test('findKeyUses in the log includes the first instant of the range and excludes its end', async () => {
  await withLog(async (place) => {
    const from = { ...QUESTION, fromMs: (TEST_SECOND + 2) * 1000, toMs: (TEST_SECOND + 61) * 1000 }
    const { uses } = await withoutIndex(place, from)
    assert.deepEqual(
      uses.map(({ operation }) => operation),
      ['Decrypt', 'Encrypt', 'ReEncrypt'],
    )
  })
})

test('findKeyUses keeps what it has read of a damaged log, and says where the damage is', async () => {
  await withLog(async (place) => {
    const segment = join(place.audit, 'node-0', '0000000000000001.jsonl')
    const text = readFileSync(segment, 'utf8')
    writeFileSync(segment, text.replace(testEventId(3), testEventId(9)))
    const { uses, source, broken } = await withoutIndex(place)
    assert.equal(source, 'log')
    assert.deepEqual(
      uses.map(({ calls, lastEventId }) => [calls, lastEventId]),
      [[2, testEventId(2)]],
    )
    assert.equal(broken.length, 1)
    assert.match(broken[0] ?? '', /node-0/)
  })
})
