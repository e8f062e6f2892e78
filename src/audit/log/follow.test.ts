import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { TEST_CHAIN } from '../../../test/support/audit-log.ts'
import { systemFiles } from './files.ts'
import { followLog, LOG_START, LogBroken } from './follow.ts'

async function batchesOf(firstSegment: string, fromFirstKept: boolean): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-follow-'))
  try {
    await writeFile(join(folder, '0000000000000001.jsonl'), firstSegment)
    let batches = 0
    for await (const _ of followLog(
      { files: systemFiles, folder, chain: TEST_CHAIN, fromFirstKept },
      LOG_START,
    ))
      batches += 1
    return batches
  } finally {
    await rm(folder, { recursive: true })
  }
}

test('a first segment that is being written has no batches yet, and is no damage', async () => {
  for (const fromFirstKept of [false, true]) {
    for (const begun of ['', '{"segment":{"format":1,"no']) {
      assert.equal(await batchesOf(begun, fromFirstKept), 0)
    }
  }
})

test('a first segment with a malformed segment line is damage', async () => {
  for (const fromFirstKept of [false, true]) {
    await assert.rejects(batchesOf('{"segment":{}}\n', fromFirstKept), LogBroken)
  }
})
