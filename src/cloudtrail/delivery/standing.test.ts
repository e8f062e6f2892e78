import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testFolder } from '../../../test/support/test-folder.ts'
import { testSealer } from '../../../test/support/test-sealer.ts'
import { AUDIT_HEAD, AUDIT_HEAD_PARTITION, encodeHead } from '../../audit/log/head.ts'
import { openRecords } from '../../store/cache.ts'
import { insert, type Records } from '../../store/records.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { DEFAULT_SELECTORS } from '../outputs.ts'
import { DELIVERY, type DeliveryValue, TRAIL, type TrailValue } from '../trail-records.ts'
import { findTrailsStanding } from './standing.ts'

const ACCOUNTS = ['111122223333', '444455556666'] as const
const MAC = new Uint8Array(32)

async function withRecords(use: (records: Records) => Promise<void>): Promise<void> {
  using folder = testFolder()
  const records = await openRecords(openSqlite(folder.path), testSealer())
  try {
    for (const [node, sequence] of [
      ['node-0', 100],
      ['node-1', 50],
    ] as const) {
      const value = encodeHead({ sequence, mac: MAC, segment: 1 })
      await records.commit([insert(AUDIT_HEAD, AUDIT_HEAD_PARTITION, node, value)])
    }
    await use(records)
  } finally {
    await records.close()
  }
}

type NewTrail = {
  readonly account: string
  readonly name: string
  readonly state?: Partial<DeliveryValue>
  readonly periods?: TrailValue['periods']
}

async function addTrail(records: Records, { account, name, state, periods = [{ from: 1 }] }: NewTrail) {
  const trail: TrailValue = {
    format: 1,
    name,
    region: 'eu-west-1',
    bucket: 'bucket',
    globalEvents: true,
    multiRegion: true,
    validation: false,
    selectors: DEFAULT_SELECTORS,
    insights: [],
    tags: [],
    periods,
  }
  await records.commit([insert(TRAIL, account, `eu-west-1/${name}`, trail)])
  if (state === undefined) return
  const value: DeliveryValue = { format: 1, positions: {}, files: [], chains: {}, ...state }
  await records.commit([insert(DELIVERY, account, `eu-west-1/${name}`, value)])
}

function at(sequence: number) {
  return { segment: 1, offset: 0, line: 0, sequence, mac: '' }
}

test('findTrailsStanding counts trails that deliver, and tells of the one that is worst off', async () => {
  await withRecords(async (records) => {
    const [one, other] = ACCOUNTS
    const near = { positions: { 'node-0': at(100), 'node-1': at(49) }, lastDelivery: 3000 }
    const far = { positions: { 'node-0': at(90) }, lastDelivery: 2000, lastError: 'Error' }
    await addTrail(records, { account: one, name: 'near', state: near })
    await addTrail(records, { account: other, name: 'far', state: far })
    const ended = { lastDelivery: 1, lastError: 'Error' }
    await addTrail(records, { account: other, name: 'ended', state: ended, periods: [{ from: 1, to: 2 }] })
    assert.deepEqual(await findTrailsStanding(records, ACCOUNTS), {
      count: 2,
      failing: 1,
      lagEvents: 60,
      lastDeliveryAt: 2000,
    })
  })
})

test('findTrailsStanding knows no last delivery where there was none', async () => {
  await withRecords(async (records) => {
    const nothing = { count: 0, failing: 0, lagEvents: 0, lastDeliveryAt: undefined }
    assert.deepEqual(await findTrailsStanding(records, ACCOUNTS), nothing)
    await addTrail(records, { account: ACCOUNTS[0], name: 'new' })
    assert.deepEqual(await findTrailsStanding(records, ACCOUNTS), { ...nothing, count: 1, lagEvents: 150 })
  })
})
