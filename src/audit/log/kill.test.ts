import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { CHANGED, findHead, openTestRecords, saveHeadRecord } from '../../../test/support/audit-child.ts'
import { TEST_KEY, TestTime } from '../../../test/support/audit-log.ts'
import { cases } from '../../../test/support/campaign.ts'
import { testFolder } from '../../../test/support/test-folder.ts'
import { silentLog } from '../../base/log.ts'
import { claimFileLock } from '../../store/file-lock.ts'
import { LIST_MAX_RECORDS, type Records } from '../../store/records.ts'
import { verifyLog } from '../verify/verify.ts'
import { systemFiles } from './files.ts'
import type { AuditHead } from './head.ts'
import { drainOutbox, OUTBOX } from './outbox.ts'
import { recoverLog } from './recover.ts'
import { segmentName, segmentsAmong } from './segment.ts'
import { claimSlot, nodesAmong } from './slot.ts'
import { AuditLog } from './writer.ts'

/** Every fourth has two children. */
const ROUNDS = cases({ slice: 4, whole: 20 })
const CHILD = join(import.meta.dirname, '../../../test/support/audit-child.ts')

/** The children of a round. None is killed before each has acknowledged an event: so all have a node of their own. */
type Round = { readonly folder: string; readonly kind: RegExp; readonly begun: readonly Begun[] }
type Begun = ReturnType<typeof Promise.withResolvers<void>>

/**
 * Runs a child until it has acknowledged some events of a kind, then kills it; the events as
 * `node id`.
 */
async function runAndKill(
  { folder, kind, begun }: Round,
  own: Begun,
  acknowledgements: number,
): Promise<readonly string[]> {
  const child = spawn(process.execPath, [CHILD, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const said: string[] = []
  let left = acknowledgements
  for await (const line of createInterface(child.stdout)) {
    said.push(line)
    own.resolve()
    if (kind.test(line)) left -= 1
    if (left === 0) void Promise.all(begun.map(({ promise }) => promise)).then(() => child.kill('SIGKILL'))
  }
  // A child that ends without a word must not keep the others alive.
  own.resolve()
  const [, signal] = await ended
  assert.equal(signal, 'SIGKILL')
  // The last line may have been cut off.
  return said.slice(0, -1).map((line) => line.split(' ', 2).join(' '))
}

test('kill -9 at any point loses no acknowledged event, and each change is in the log exactly once', async () => {
  using folder = testFolder()
  const said: string[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const kind = round % 5 === 0 ? /append/ : /change/
    const begun = Array.from({ length: round % 4 === 3 ? 2 : 1 }, () => Promise.withResolvers<void>())
    const runs = begun.map((own, index) =>
      runAndKill({ folder: folder.path, kind, begun }, own, 1 + ((round * 37 * (index + 1)) % 60)),
    )
    for (const lines of await Promise.all(runs)) said.push(...lines)
  }
  assert.ok(said.some((line) => line.startsWith('node-1 ')))
  const records = await openTestRecords(folder.path)
  const heads = new Map<string, AuditHead>()
  const logged: string[] = []
  // A third node comes about when one process settles what another that has ended left in its own.
  const nodes = nodesAmong(await systemFiles.list(join(folder.path, 'audit')))
  assert.ok(nodes.length >= 2)
  for (const node of nodes) {
    await settle(folder.path, records, node)
    const head = await findHead(records, node)
    assert.ok(head !== undefined)
    heads.set(node, head)
    logged.push(...(await idsOf(join(folder.path, 'audit', node))).map((id) => `${node} ${id}`))
  }
  const found = await verifyLog({ folder: join(folder.path, 'audit'), key: TEST_KEY, heads })
  assert.deepEqual([found.firstDamage, found.unfinished], [undefined, []])
  const inLog = new Set(logged)
  assert.equal(inLog.size, logged.length)
  assert.deepEqual(
    said.filter((line) => !inLog.has(line)),
    [],
  )
  const ids = new Set(logged.map((line) => line.split(' ')[1]))
  const changed = await idsChanged(records)
  assert.ok(changed.length > ROUNDS)
  assert.deepEqual(
    changed.filter((id) => !ids.has(id)),
    [],
  )
  await records.close()
})

test('claimSlot gives each claim a node of its own, and one whose lock was released again', async () => {
  using folder = testFolder()
  const slots = [await claimSlot(folder.path, systemFiles, claimFileLock)]
  slots.push(await claimSlot(folder.path, systemFiles, claimFileLock))
  assert.deepEqual(
    slots.map(({ node }) => node),
    ['node-0', 'node-1'],
  )
  slots[0]?.lock.release()
  const again = await claimSlot(folder.path, systemFiles, claimFileLock)
  assert.equal(again.node, 'node-0')
  again.lock.release()
  slots[1]?.lock.release()
})

/** What the next start of a node does. */
async function settle(folder: string, records: Records, node: string): Promise<void> {
  const own = join(folder, 'audit', node)
  const lock = claimFileLock(join(own, 'lock'))
  assert.ok(lock !== undefined, 'the lock of a killed process is free')
  const chain = { node, key: TEST_KEY }
  const head = await findHead(records, node)
  const { tail } = await recoverLog({ folder: own, chain, files: systemFiles, head })
  const time = new TestTime()
  const saveHead = (next: AuditHead) => saveHeadRecord(records, node, next)
  const log = new AuditLog({
    folder: own,
    chain,
    tail,
    files: systemFiles,
    clock: time,
    timers: time,
    log: silentLog,
    saveHead,
  })
  await drainOutbox({ records, log, files: systemFiles, folder: own, node })
  await log.append('{"eventVersion":"1.11","eventID":"the last"}')
  await log.close()
  lock.release()
  const left = await records.list(OUTBOX, { partition: node, limit: 1 })
  assert.equal(left.records.length, 0)
}

async function idsOf(folder: string): Promise<readonly string[]> {
  const segments = segmentsAmong(await systemFiles.list(folder))
  const lines = segments.flatMap((first) =>
    readFileSync(join(folder, segmentName(first)), 'utf8').split('\n'),
  )
  return lines.filter((line) => line.startsWith('{"eventV')).map((line) => String(JSON.parse(line).eventID))
}

async function idsChanged(records: Records): Promise<readonly string[]> {
  const ids: string[] = []
  let after: string | undefined
  do {
    const page = await records.list(CHANGED, { partition: 'all', after, limit: LIST_MAX_RECORDS })
    ids.push(...page.records.map((record) => record.name))
    after = page.next
  } while (after !== undefined)
  return ids
}
