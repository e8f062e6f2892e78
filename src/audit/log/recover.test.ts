import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { FaultFiles, openTestLog, TEST_CHAIN, TEST_KEY, testEvent } from '../../../test/support/audit-log.ts'
import { places } from '../../../test/support/campaign.ts'
import { testFolder } from '../../../test/support/test-folder.ts'
import { verifyLog } from '../verify/verify.ts'
import { AuditDamaged } from './damage.ts'
import { systemFiles } from './files.ts'
import { followLog, LOG_START } from './follow.ts'
import type { AuditHead } from './head.ts'
import { recoverLog } from './recover.ts'

type Written = {
  readonly folder: string
  readonly path: string
  /** The head after each batch, and the size of the last segment then. */
  readonly heads: readonly AuditHead[]
  readonly sizes: readonly number[]
}

/** Writes batches of two events into one segment. */
async function written(folder: string, batches: number): Promise<Written> {
  const { log } = await openTestLog({ folder })
  const path = join(folder, 'node-0', '0000000000000001.jsonl')
  const heads: AuditHead[] = []
  const sizes: number[] = []
  for (let index = 0; index < batches; index += 1) {
    await Promise.all([log.append(testEvent(`${index}a`)), log.append(testEvent(`${index}b`))])
    sizes.push(readFileSync(path).length)
    heads.push(await headOf(folder))
  }
  await log.close()
  return { folder, path, heads, sizes }
}

async function headOf(folder: string): Promise<AuditHead> {
  let head: AuditHead | undefined
  const log = { files: systemFiles, folder: join(folder, 'node-0'), chain: TEST_CHAIN }
  for await (const { end } of followLog(log, LOG_START)) head = { ...end.point, segment: end.segment }
  assert.ok(head !== undefined)
  return head
}

function recover(folder: string, head: AuditHead | undefined) {
  return recoverLog({ folder: join(folder, 'node-0'), chain: TEST_CHAIN, files: systemFiles, head })
}

function damagedAt(sequence: number) {
  return (error: unknown) => {
    assert.ok(error instanceof AuditDamaged)
    assert.equal(error.damage.sequence, sequence)
    assert.match(error.message, /0000000000000001\.jsonl, line \d+ \(offset \d+\), from event \d+ on: /)
    return true
  }
}

test('recoverLog keeps and cuts a last batch torn at any byte, and the chain goes on', async () => {
  using folder = testFolder()
  const { path, heads, sizes } = await written(folder.path, 3)
  const whole = readFileSync(path)
  const [, before = 0, end = 0] = sizes
  const covered = heads[1]
  assert.ok(covered !== undefined)
  const own = join(folder.path, 'node-0')
  for (const size of places(before, end, 30)) {
    rmSync(own, { recursive: true })
    mkdirSync(own)
    writeFileSync(path, whole.subarray(0, size))
    const saved = new Map([['node-0', covered]])
    const { log, recovery } = await openTestLog({ folder: folder.path, heads: saved })
    const isWhole = size === end
    assert.equal(recovery.tail.point.sequence, isWhole ? 6 : 4)
    assert.equal(recovery.torn?.sizeBytes, isWhole || size === before ? undefined : size - before)
    if (recovery.torn !== undefined) {
      assert.deepEqual(readFileSync(join(own, recovery.torn.movedTo)), whole.subarray(before, size))
    }
    await log.append(testEvent('next'))
    await log.close()
    const found = await verifyLog({ folder: folder.path, key: TEST_KEY, heads: saved })
    assert.equal(found.firstDamage, undefined)
    assert.equal(found.events, isWhole ? 7 : 5)
  }
})

test('recoverLog sets a first segment aside that is torn at any byte', async () => {
  using folder = testFolder()
  const { path } = await written(folder.path, 1)
  const whole = readFileSync(path)
  const sizes = places(0, whole.length - 1, 60)
  for (const size of sizes) {
    writeFileSync(path, whole.subarray(0, size))
    const { tail } = await recover(folder.path, undefined)
    assert.equal(tail.point.sequence, 0)
    assert.equal(tail.segment, undefined)
  }
  const names = readdirSync(join(folder.path, 'node-0'))
  assert.ok(names.every((name) => name.includes('.torn')))
  // Nothing is set aside of an empty file.
  assert.equal(names.length, sizes.length - 1)
})

test('recoverLog goes back to the segment before one that is torn at any byte', async () => {
  using folder = testFolder()
  const heads = new Map<string, AuditHead>()
  const options = { folder: folder.path, heads, segmentMaxBytes: 300 }
  const { log } = await openTestLog(options)
  await log.append(testEvent('a', 'x'.repeat(300)))
  await log.close()
  const [saved] = heads.values()
  const second = await openTestLog(options)
  await second.log.append(testEvent('b'))
  await second.log.close()
  const path = join(folder.path, 'node-0', '0000000000000002.jsonl')
  const whole = readFileSync(path)
  for (const size of places(0, whole.length - 1, 60)) {
    writeFileSync(path, whole.subarray(0, size))
    const { tail } = await recover(folder.path, saved)
    assert.equal(tail.point.sequence, 1)
    assert.equal(tail.segment?.first, 1)
  }
  writeFileSync(path, whole.subarray(0, whole.length - 1))
  await assert.rejects(recover(folder.path, heads.get('node-0')), AuditDamaged)
})

test('recoverLog takes a last batch with zeros in it for torn, unless the head covers it', async () => {
  using folder = testFolder()
  const { path, heads, sizes } = await written(folder.path, 3)
  const bytes = readFileSync(path)
  bytes.fill(0, (sizes[1] ?? 0) + 5, (sizes[1] ?? 0) + 20)
  writeFileSync(path, bytes)
  await assert.rejects(recover(folder.path, heads[2]), damagedAt(5))
  assert.deepEqual(readFileSync(path), bytes)
  const { tail, torn } = await recover(folder.path, heads[1])
  assert.equal(tail.point.sequence, 4)
  assert.ok(torn !== undefined)
})

test('recoverLog refuses a bad batch with something after it, whatever the head covers', async () => {
  using folder = testFolder()
  const { path, sizes } = await written(folder.path, 3)
  const bytes = readFileSync(path)
  const at = (sizes[0] ?? 0) + 5
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(path, bytes)
  await assert.rejects(recover(folder.path, undefined), damagedAt(3))
  writeFileSync(path, bytes.subarray(0, (sizes[1] ?? 0) + 3))
  await assert.rejects(recover(folder.path, undefined), damagedAt(3))
})

test('recoverLog refuses a log that ends before its head or has another batch there', async () => {
  using folder = testFolder()
  const { path, heads, sizes } = await written(folder.path, 3)
  const head = heads[2]
  assert.ok(head !== undefined)
  await assert.rejects(recover(folder.path, { ...head, mac: Buffer.alloc(32) }), damagedAt(5))
  await assert.rejects(recover(folder.path, { ...head, sequence: 5 }), damagedAt(5))
  truncateSync(path, sizes[1])
  await assert.rejects(recover(folder.path, head), damagedAt(5))
  rmSync(path)
  await assert.rejects(recover(folder.path, head), damagedAt(1))
})

test('recoverLog refuses the folder of another node and a segment under another name', async () => {
  using folder = testFolder()
  const { path } = await written(folder.path, 3)
  const own = join(folder.path, 'node-0')
  cpSync(path, join(own, '0000000000000007.jsonl'))
  await assert.rejects(recover(folder.path, undefined), AuditDamaged)
  rmSync(join(own, '0000000000000007.jsonl'))
  const chain = { ...TEST_CHAIN, node: 'node-1' }
  await assert.rejects(recoverLog({ folder: own, chain, files: systemFiles, head: undefined }), AuditDamaged)
})

test('recoverLog syncs a whole log before it is gone on with, and fails when it cannot', async () => {
  using folder = testFolder()
  const { sizes } = await written(folder.path, 2)
  const files = new FaultFiles()
  files.fails = (_, name) => name === 'truncate'
  const dependencies = { folder: join(folder.path, 'node-0'), chain: TEST_CHAIN, files, head: undefined }
  await assert.rejects(recoverLog(dependencies), /injected: truncate/)
  files.fails = () => false
  assert.equal((await recoverLog(dependencies)).tail.segment?.sizeBytes, sizes[1])
})
