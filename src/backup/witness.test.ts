import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { openTestLog, TEST_KEY, testEvent } from '../../test/support/audit-log.ts'
import { testFolder } from '../../test/support/test-folder.ts'
import { systemFiles } from '../audit/log/files.ts'
import type { AuditHead } from '../audit/log/head.ts'
import { Secret } from '../base/secret.ts'
import { ed25519Key } from '../crypto/ed25519.ts'
import { findMissing, openStatement, signStatement } from './witness.ts'

const keyOf = (byte: number) => ed25519Key(new Secret(new Uint8Array(32).fill(byte)))
const AT = '2026-11-30T12:00:00.000Z'

/** Writes a log of so many events in small segments. Returns its head. */
async function writeLog(folder: string, from: number, to: number): Promise<Map<string, AuditHead>> {
  const heads = new Map<string, AuditHead>()
  const { log } = await openTestLog({ folder, heads, segmentMaxBytes: 400 })
  for (let event = from; event < to; event += 1) await log.append(testEvent(`event-${event}`))
  await log.close()
  return heads
}

test('a statement opens as it was signed, and with no change', () => {
  const heads = new Map([['node-0', { sequence: 7, mac: new Uint8Array(64).fill(3) }]])
  const note = signStatement(keyOf(1), { at: AT, heads })
  const opened = openStatement(note, keyOf(1))
  assert.equal(opened?.at, AT)
  assert.deepEqual(
    [...(opened?.heads ?? [])].map(([node, { sequence }]) => [node, sequence]),
    [['node-0', 7]],
  )
  assert.equal(openStatement(note, keyOf(2)), undefined)
  for (let at = 0; at < note.length; at += 1) {
    const changed = `${note.slice(0, at)}${note[at] === 'A' ? 'B' : 'A'}${note.slice(at + 1)}`
    assert.equal(openStatement(changed, keyOf(1)), undefined, `character ${at}`)
  }
})

test('a log that continues what the witness knows lacks nothing', async () => {
  using folder = testFolder()
  const told = await writeLog(folder.path, 0, 9)
  const heads = await writeLog(folder.path, 9, 20)
  const present = { files: systemFiles, auditFolder: folder.path, key: TEST_KEY, heads }
  assert.deepEqual(await findMissing(present, { at: AT, heads: told }), [])
  assert.deepEqual(await findMissing(present, { at: AT, heads }), [])
  assert.deepEqual(await findMissing(present, { at: AT, heads: new Map() }), [])
})

test('older records, a shorter log, another log and a missing one are found', async () => {
  using folder = testFolder()
  using other = testFolder()
  const older = await writeLog(folder.path, 0, 5)
  const shorter = { files: systemFiles, auditFolder: folder.path, key: TEST_KEY, heads: older }
  const foreign = await writeLog(other.path, 100, 109)
  const missing = await findMissing(shorter, { at: AT, heads: foreign })
  assert.match(missing[0] ?? '', /the records know of events up to 5, the witness of events up to 9/)
  assert.match(missing[1] ?? '', /its log ends with event 5, the witness knows of events up to 9/)

  const heads = await writeLog(folder.path, 5, 12)
  const present = { ...shorter, heads }
  const [conflict] = await findMissing(present, { at: AT, heads: foreign })
  assert.match(conflict ?? '', /is not the one that the witness tells of/)
  const [rolled] = await findMissing({ ...shorter, heads: older }, { at: AT, heads })
  assert.match(rolled ?? '', /the records know of events up to 5, the witness of events up to 12/)
  const nowhere = { ...present, auditFolder: join(folder.path, 'none') }
  assert.match((await findMissing(nowhere, { at: AT, heads }))[0] ?? '', /its log lacks events up to 12/)
})
