/** For tests: workers that make due changes, on real records and a real audit log. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { systemFiles } from '../../src/audit/log/files.ts'
import { openJournal } from '../../src/audit/log/journal.ts'
import { silentLog } from '../../src/base/log.ts'
import { systemClock, systemRandom, systemTimers } from '../../src/base/ports.ts'
import { Secret } from '../../src/base/secret.ts'
import { neverGiveWay } from '../../src/base/slices.ts'
import { Custody } from '../../src/custody/custody.ts'
import { RotatingSecret } from '../../src/custody/deployment-keys.ts'
import { grantTokens } from '../../src/custody/grant-token.ts'
import type { LifecycleDependencies } from '../../src/jobs/lifecycle.ts'
import { OpenedGrants } from '../../src/kms/grants/opened-grants.ts'
import { KeyCounter } from '../../src/kms/keys/key-count.ts'
import {
  ALIAS,
  KEY,
  KEY_MATERIAL,
  KEY_OWNER,
  type KeyValue,
  materialPartition,
} from '../../src/kms/keys/key-record.ts'
import { wrappedKeys } from '../../src/kms/keys/wrapped-keys.ts'
import type { KmsDependencies } from '../../src/kms/kms-dependencies.ts'
import { dueNote } from '../../src/kms/lifecycle/due.ts'
import { planDue } from '../../src/kms/lifecycle/due-plan.ts'
import { NO_TOKENS } from '../../src/pkcs11/tokens.ts'
import { defaultKeyPolicy } from '../../src/policy/key-policy.ts'
import { openQuotas } from '../../src/quotas/quota-service.ts'
import { openRecords } from '../../src/store/cache.ts'
import { claimFileLock } from '../../src/store/file-lock.ts'
import { insert, type Records, replace } from '../../src/store/records.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { openXksClient } from '../../src/xks/client/client.ts'
import { TEST_KEY } from './audit-log.ts'
import { testKeys, testSealer } from './test-sealer.ts'

/** The account of all keys in these tests. */
export const ACCOUNT = '111122223333'
/** The Region of these keys. */
export const REGION = 'eu-west-1'
/** The partition of their records. */
export const PARTITION = `${ACCOUNT}/${REGION}`
/** One day in milliseconds. */
export const DAY_MS = 86_400_000
/** The start time of the tests. */
export const START = Date.parse('2026-11-24T12:00:00Z')

/** A worker and its actions. */
export type Worker = AsyncDisposable & {
  readonly dependencies: LifecycleDependencies
  readonly kms: KmsDependencies
  readonly records: Records
  readonly events: Record<string, unknown>[]
  readonly forgotten: string[]
}

/** The time that a test sets for all its workers. */
export type Time = { now: number }

/** Opens a worker on a data folder: real records, a real audit log, the test's clock. */
export async function openWorker(folder: string, time: Time): Promise<Worker> {
  const records = await openRecords(openSqlite(folder), testSealer())
  const clock = { now: () => time.now, monotonicMs: () => time.now }
  const own = { records, clock, random: systemRandom, log: silentLog }
  const journal = await openJournal({
    ...own,
    folder: join(folder, 'audit'),
    key: TEST_KEY,
    files: systemFiles,
    claimLock: claimFileLock,
    timers: systemTimers,
  })
  // All workers of a folder share it, like the folder's root key.
  const wrappingKey = new RotatingSecret([new Secret(new Uint8Array(32).fill(7))])
  const custody = new Custody({ wrappingKey, wrappedKeys: wrappedKeys(records), random: systemRandom })
  const quotas = openQuotas({
    find: () => undefined,
    clock,
    processes: 1,
    isUrgent: () => false,
    thresholdReached: () => {},
  })
  const kms: KmsDependencies = {
    records,
    quotas,
    keyCounter: new KeyCounter(systemRandom),
    custody,
    tokens: NO_TOKENS,
    xks: openXksClient({
      ca: undefined,
      routes: new Map(),
      timeoutMs: 250,
      clock: systemClock,
      timers: systemTimers,
    }),
    random: systemRandom,
    giveWay: neverGiveWay,
    principalExists: async () => true,
    principalId: async () => undefined,
    shownName: async (arn) => arn,
    arnsOfIds: async () => new Map(),
    attestationRoots: [],
    lastUsage: async () => ({ last: undefined, current: true }),
    grantTokens: grantTokens(testKeys(), systemRandom),
    openedGrants: new OpenedGrants(neverGiveWay),
    sm2Regions: new Set(),
  }
  const events: Record<string, unknown>[] = []
  const forgotten: string[] = []
  const dependencies: LifecycleDependencies = {
    ...own,
    journal: {
      commit: async (changes, recorded) => {
        await journal.commit(changes, recorded)
        events.push(...recorded.map(({ json }) => JSON.parse(json)))
      },
    },
    plan: (due, now) => planDue(kms, due, now),
    forget: (materialId) => forgotten.push(materialId),
  }
  return {
    dependencies,
    kms,
    records,
    events,
    forgotten,
    [Symbol.asyncDispose]: async () => {
      await journal.close()
      await records.close()
    },
  }
}

function keyValue(keyId: string): KeyValue {
  return {
    format: 1,
    createdAt: START,
    description: '',
    spec: 'SYMMETRIC_DEFAULT',
    usage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
    state: 'Enabled',
    policy: defaultKeyPolicy(ACCOUNT),
    tags: [],
    aliases: [`alias/${keyId}-a`, `alias/${keyId}-b`],
    materialId: `${keyId}-1`,
  }
}

/** Creates a key with two aliases and two materials. */
export async function makeKey(records: Records, keyId: string): Promise<void> {
  const value = keyValue(keyId)
  const place = materialPartition(ACCOUNT, REGION, keyId)
  const wrapped = { under: 'u', wrapped: 'w' }
  const material = { format: 1 as const, wrapped, createdAt: START }
  await records.commit([
    insert(KEY, PARTITION, keyId, value),
    insert(KEY_OWNER, REGION, keyId, { format: 1, account: ACCOUNT }),
    ...value.aliases.map((name) =>
      insert(ALIAS, PARTITION, name, { format: 1, keyId, createdAt: START, updatedAt: START }),
    ),
    insert(KEY_MATERIAL, place, 'm1', { ...material, materialId: `${keyId}-1`, order: 0 }),
    insert(KEY_MATERIAL, place, 'm2', { ...material, materialId: `${keyId}-2`, order: 1 }),
  ])
}

/** Schedules the deletion of a key for the given time. */
export async function schedule(records: Records, keyId: string, at: number): Promise<void> {
  const key = await records.get(KEY, PARTITION, keyId)
  assert.ok(key !== undefined)
  const value: KeyValue = { ...key.value, state: 'PendingDeletion', deletion: { at, windowDays: 7 } }
  await records.commit([
    replace(key, value),
    dueNote(`${keyId}/${at}`, { what: 'DeleteKey', account: ACCOUNT, region: REGION, keyId, at }),
  ])
}

/** Cancels the deletion of a key, which becomes disabled. */
export async function cancel(records: Records, keyId: string): Promise<void> {
  const key = await records.get(KEY, PARTITION, keyId)
  assert.ok(key !== undefined)
  const { deletion: _, ...kept } = key.value
  await records.commit([replace(key, { ...kept, state: 'Disabled' })])
}

/** The number of remaining records of a key. A complete key has 6. */
export async function remains(records: Records, keyId: string): Promise<number> {
  const materials = await records.list(KEY_MATERIAL, {
    partition: materialPartition(ACCOUNT, REGION, keyId),
    limit: 10,
  })
  const found = await Promise.all([
    records.get(KEY, PARTITION, keyId),
    records.get(KEY_OWNER, REGION, keyId),
    ...keyValue(keyId).aliases.map((name) => records.get(ALIAS, PARTITION, name)),
  ])
  return materials.records.length + found.filter((record) => record !== undefined).length
}
