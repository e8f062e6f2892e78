import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { openTestLog, TEST_CHAIN, TestTime, testEvent } from '../../../test/support/audit-log.ts'
import { testFolder } from '../../../test/support/test-folder.ts'
import { testSealer } from '../../../test/support/test-sealer.ts'
import { systemRandom } from '../../base/ports.ts'
import { Secret } from '../../base/secret.ts'
import { ed25519Key } from '../../crypto/ed25519.ts'
import { openRecords } from '../../store/cache.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { segmentFiles } from '../archive/segment-files.ts'
import { type AuditFiles, systemFiles } from '../log/files.ts'
import type { AuditHead } from '../log/head.ts'
import { makeCheckpoint } from './checkpoints.ts'
import { readCheckpoints } from './kept-checkpoints.ts'
import { growTree, type TreeState } from './tree.ts'

const SIGNING_KEY = ed25519Key(new Secret(new Uint8Array(32).fill(9)))
const NODE = TEST_CHAIN.node
const WRITERS = 3

/** Files whose writers all cut their file before any of them writes. */
function inStep(): AuditFiles {
  const waiting: (() => void)[] = []
  return {
    ...systemFiles,
    openAppend: async (path) => {
      const file = await systemFiles.openAppend(path)
      return {
        ...file,
        truncate: async (sizeBytes) => {
          await file.truncate(sizeBytes)
          await new Promise<void>((resolve) => {
            waiting.push(resolve)
            if (waiting.length === WRITERS) for (const go of waiting) go()
          })
        },
      }
    },
  }
}

test('a checkpoint that several processes store at the same time is whole', async () => {
  using folder = testFolder()
  const audit = join(folder.path, 'audit')
  const records = await openRecords(openSqlite(join(folder.path, 'data')), testSealer())
  try {
    const heads = new Map<string, AuditHead>()
    const { log } = await openTestLog({ folder: audit, time: new TestTime(), heads })
    await log.append(testEvent('one'))
    await log.close()
    const head = heads.get(NODE)
    assert.ok(head)
    const grow = (_: string, from: TreeState, until: number): Promise<TreeState> =>
      growTree({ files: segmentFiles, folder: join(audit, NODE), chain: TEST_CHAIN }, from, until)
    const own = { records, folder: audit, signingKey: SIGNING_KEY, random: systemRandom, grow }
    const files = { ...systemFiles, list: async () => [] }
    await makeCheckpoint({ ...own, files }, NODE, head)
    const together = { ...own, files: { ...inStep(), list: async () => [] } }
    await Promise.all(Array.from({ length: WRITERS }, () => makeCheckpoint(together, NODE, head)))
    const [kept, ...more] = await readCheckpoints(systemFiles, audit, SIGNING_KEY)
    assert.equal(kept?.size, head.sequence)
    assert.deepEqual(more, [])
  } finally {
    await records.close()
  }
})
