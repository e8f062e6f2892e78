/** For tests: a process that writes a log and an outbox until a test kills it. */

import { join } from 'node:path'
import { systemFiles } from '../../src/audit/log/files.ts'
import {
  AUDIT_HEAD,
  AUDIT_HEAD_PARTITION,
  type AuditHead,
  decodeHead,
  encodeHead,
} from '../../src/audit/log/head.ts'
import { drainOutbox, Outbox } from '../../src/audit/log/outbox.ts'
import { recoverLog } from '../../src/audit/log/recover.ts'
import { claimSlot } from '../../src/audit/log/slot.ts'
import { AuditLog } from '../../src/audit/log/writer.ts'
import { silentLog } from '../../src/base/log.ts'
import { systemClock, systemRandom, systemTimers } from '../../src/base/ports.ts'
import { openRecords } from '../../src/store/cache.ts'
import { claimFileLock } from '../../src/store/file-lock.ts'
import { kindOfFormat1 } from '../../src/store/kind.ts'
import { insert, type Kind, type Records, replace } from '../../src/store/records.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { TEST_KEY, testEvent } from './audit-log.ts'
import { testSealer } from './test-sealer.ts'

/** A record whose insertion shares a commit with the event of that ID. */
export const CHANGED: Kind<{ readonly format: 1 }> = kindOfFormat1('changed')

/** Opens the records of a test folder. */
export function openTestRecords(folder: string): Promise<Records> {
  return openRecords(openSqlite(folder), testSealer())
}

/** Saves the head of a node's chain as a record. */
export async function saveHeadRecord(records: Records, node: string, head: AuditHead): Promise<void> {
  const known = await records.get(AUDIT_HEAD, AUDIT_HEAD_PARTITION, node)
  const value = encodeHead(head)
  await records.commit([
    known === undefined ? insert(AUDIT_HEAD, AUDIT_HEAD_PARTITION, node, value) : replace(known, value),
  ])
}

/** The saved head of a node's chain. */
export async function findHead(records: Records, node: string): Promise<AuditHead | undefined> {
  const record = await records.get(AUDIT_HEAD, AUDIT_HEAD_PARTITION, node)
  return record && decodeHead(record.value)
}

async function run(folder: string): Promise<void> {
  const slot = await claimSlot(join(folder, 'audit'), systemFiles, claimFileLock)
  const { node } = slot
  const records = await openTestRecords(folder)
  // Timers run a hundred times as fast, so that a kill interrupts more pending work.
  const timers = { after: (delayMs: number, task: () => void) => systemTimers.after(delayMs / 100, task) }
  const chain = { node, key: TEST_KEY }
  const own = slot.folder
  const recovery = await recoverLog({
    folder: own,
    chain,
    files: systemFiles,
    head: await findHead(records, node),
  })
  const log = new AuditLog({
    folder: own,
    chain,
    tail: recovery.tail,
    files: systemFiles,
    clock: systemClock,
    timers,
    log: silentLog,
    saveHead: (head) => saveHeadRecord(records, node, head),
    segmentMaxBytes: 20_000,
  })
  await drainOutbox({ records, log, files: systemFiles, folder: own, node })
  const outbox = new Outbox({ records, auditLog: log, node, timers, log: silentLog })
  const report = (id: string, what: string) => process.stdout.write(`${node} ${id} ${what}\n`)
  const append = async () => {
    for (;;) {
      const id = systemRandom.uuid()
      await log.append(testEvent(id, 'x'.repeat(400)))
      report(id, 'append')
    }
  }
  const change = async () => {
    for (;;) {
      const id = systemRandom.uuid()
      const json = testEvent(id, 'y'.repeat(400))
      await records.commit([insert(CHANGED, 'all', id, { format: 1 }), outbox.change(id, json)])
      outbox.deliver(id, json)
      report(id, 'change')
    }
  }
  await Promise.all([append(), append(), append(), change(), change(), change()])
}

const [, main = '', folder] = process.argv
if (import.meta.filename === main && folder !== undefined) await run(folder)
