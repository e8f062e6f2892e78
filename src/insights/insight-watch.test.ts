import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openTestLog, TEST_KEY, TestTime } from '../../test/support/audit-log.ts'
import { TEST_SECOND, testEventId, testRecord } from '../../test/support/index-events.ts'
import { testFolder } from '../../test/support/test-folder.ts'
import { systemFiles } from '../audit/log/files.ts'
import { silentLog } from '../base/log.ts'
import { insightsJob } from '../jobs/insights.ts'
import type { Anomaly } from './detector/anomaly.ts'
import { formatInsight } from './detector/record.ts'
import { insightRules } from './detector/rules.ts'
import { replayInsights } from './insight-replay.ts'
import { InsightWatch } from './insight-watch.ts'

const RULES = insightRules('normal', 0)

/** A log, and a watch over it that can be started anew: as after `kill -9` when it was not closed. */
async function watched() {
  const folder = testFolder()
  const auditFolder = join(folder.path, 'audit')
  const time = new TestTime()
  time.pass(TEST_SECOND * 1000)
  const { log } = await openTestLog({ folder: auditFolder })
  const dependencies = {
    auditFolder,
    key: TEST_KEY,
    files: systemFiles,
    clock: time,
    log: silentLog,
    rules: RULES,
  }
  let lives = 0
  const use = (id: number, user: string, key: string): Promise<void> =>
    log.append(testRecord({ id, user, key, name: 'Decrypt' }))
  return {
    log,
    time,
    dependencies,
    use,
    path: folder.path,
    open: (name = `insights-${lives++}`) =>
      new InsightWatch({ ...dependencies, folder: join(folder.path, name) }),
    [Symbol.asyncDispose]: async () => {
      await log.close()
      folder[Symbol.dispose]()
    },
  }
}

function types(anomalies: readonly Anomaly[]): readonly string[] {
  return anomalies.map(({ type }) => type)
}

test('what is found waits until it is seen in the log', async () => {
  await using bed = await watched()
  const watch = bed.open()
  await bed.use(1, 'alice', 'one')
  const found = await watch.pull()
  assert.deepEqual(types(found), ['KeyFirstUseInsight', 'NewNetworkInsight'])
  assert.deepEqual(await watch.pull(), found)
  for (const anomaly of found) await bed.log.append(formatInsight(anomaly))
  assert.deepEqual(await watch.pull(), [])
  await watch.close()
})

test('a watch that is closed goes on where it was', async () => {
  await using bed = await watched()
  const first = bed.open('kept')
  await bed.use(1, 'alice', 'one')
  for (const anomaly of await first.pull()) await bed.log.append(formatInsight(anomaly))
  await first.pull()
  await first.close()
  const second = bed.open('kept')
  await bed.use(2, 'alice', 'one')
  assert.deepEqual(await second.pull(), [])
  await bed.use(3, 'alice', 'two')
  assert.deepEqual(types(await second.pull()), ['KeyFirstUseInsight'])
  await second.close()
})

test('a crash after any insight was recorded records none twice and loses none', async () => {
  for (const recorded of [0, 1, 2]) {
    await using bed = await watched()
    await bed.use(1, 'alice', 'one')
    const found = await bed.open().pull()
    for (const anomaly of found.slice(0, recorded)) await bed.log.append(formatInsight(anomaly))
    // Nothing was kept: this is another folder, and the first watch was not closed.
    assert.deepEqual(await bed.open().pull(), found.slice(recorded))
  }
})

test('a state that was changed by somebody is not used', async () => {
  await using bed = await watched()
  const first = bed.open('kept')
  await bed.use(1, 'alice', 'one')
  const found = await first.pull()
  await first.close()
  const state = join(bed.path, 'kept', 'state')
  const bytes = readFileSync(state)
  bytes[40] = (bytes[40] ?? 0) ^ 1
  writeFileSync(state, bytes)
  const second = bed.open('kept')
  assert.deepEqual(await second.pull(), found)
  await second.close()
})

test('of two watches on a folder one finds, and the other one after it has ended', async () => {
  await using bed = await watched()
  const [first, second] = [bed.open('kept'), bed.open('kept')]
  await bed.use(1, 'alice', 'one')
  const found = await first.pull()
  assert.equal(found.length, 2)
  assert.deepEqual(await second.pull(), [])
  await first.close()
  assert.deepEqual(await second.pull(), found)
  await second.close()
})

test('what is older than a day when nothing is known is not recorded any more', async () => {
  await using bed = await watched()
  await bed.use(1, 'alice', 'one')
  bed.time.pass(2 * 86_400_000)
  const watch = bed.open()
  assert.deepEqual(await watch.pull(), [])
  await watch.close()
})

test('the log is followed anew when it is not what was followed, and left out when it is damaged', async () => {
  await using bed = await watched()
  const watch = bed.open()
  await bed.use(1, 'alice', 'one')
  assert.equal((await watch.pull()).length, 2)
  const segment = join(bed.dependencies.auditFolder, 'node-0', '0000000000000001.jsonl')
  const text = readFileSync(segment, 'utf8')
  await bed.use(2, 'alice', 'two')
  await bed.use(3, 'alice', 'two')
  writeFileSync(segment, readFileSync(segment, 'utf8').replace(testEventId(2), testEventId(9)))
  await watch.catchUp()
  assert.deepEqual(types(await watch.pull()), ['KeyFirstUseInsight', 'NewNetworkInsight'])
  writeFileSync(segment, text)
  await watch.close()
})

test('the job writes each insight to the log, then announces it', async () => {
  const told: string[] = []
  const anomaly = await oneAnomaly()
  const errors: string[] = []
  const job = insightsJob({
    index: { ask: async () => parseAnswer({ value: [anomaly], current: true }) },
    journal: { append: async (json) => void told.push(JSON.parse(json).eventID) },
    log: { ...silentLog, error: (text) => void errors.push(text) },
    announce: async ({ id }) => {
      told.push(`announced ${id}`)
      throw new Error('nobody listens')
    },
  })
  await job.run()
  assert.deepEqual(told, [anomaly.id, `announced ${anomaly.id}`])
  assert.deepEqual(errors, ['an insight could not be announced'])
})

test('a replay finds in the whole log what lies within a time', async () => {
  await using bed = await watched()
  await bed.use(1, 'alice', 'one')
  const question = { rules: RULES, fromSecond: TEST_SECOND - 60, toSecond: TEST_SECOND + 60 }
  const { anomalies, broken } = await replayInsights(bed.dependencies, question)
  assert.deepEqual(types(anomalies), ['KeyFirstUseInsight', 'NewNetworkInsight'])
  assert.deepEqual(broken, [])
  const later = { ...question, fromSecond: TEST_SECOND + 60 }
  assert.deepEqual((await replayInsights(bed.dependencies, later)).anomalies, [])
})

async function oneAnomaly(): Promise<Anomaly> {
  await using bed = await watched()
  await bed.use(1, 'alice', 'one')
  const [anomaly] = await bed.open().pull()
  assert.ok(anomaly !== undefined)
  return anomaly
}

/** The index answers each question with its value. */
function parseAnswer<T>(answer: unknown): T {
  return answer as T
}
