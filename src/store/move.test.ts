import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { testMoves } from '../../test/support/move-suite.ts'
import { put } from '../../test/support/store-suite.ts'
import { testFolder } from '../../test/support/test-folder.ts'
import { moveRecords } from './move.ts'
import { StoreFailure } from './port.ts'
import { openSqlite } from './sqlite.ts'
import { openSqliteMove } from './sqlite-move.ts'
import { openSnapshot } from './sqlite-snapshot.ts'

function sqlite() {
  const folder = testFolder()
  return {
    open: async () => openSqlite(folder.path),
    openMove: async () => openSqliteMove(folder.path),
    [Symbol.asyncDispose]: async () => folder[Symbol.dispose](),
  }
}

testMoves('SQLite to SQLite', async () => ({ from: sqlite(), to: sqlite() }))

test('a handle that was open before a move can change nothing after it, and a snapshot is refused', async () => {
  using one = testFolder()
  using two = testFolder()
  const old = openSqlite(one.path)
  await old.commit([put({})])
  const [from, to] = [openSqliteMove(one.path), openSqliteMove(two.path)]
  await moveRecords(from, to, { newMove: () => 7, read: () => {} })
  await Promise.all([from.close(), to.close()])
  await assert.rejects(old.commit([put({ expected: 1 })]), StoreFailure)
  assert.throws(() => openSnapshot(one.path), /have moved to another store/)
  await old.close()
})

test('a move waits for no server that is changing the folder', () => {
  using folder = testFolder()
  const other = openSqliteMove(folder.path)
  const database = new DatabaseSync(join(folder.path, 'holdfast.db'), { timeout: 0 })
  assert.throws(() => database.exec('BEGIN IMMEDIATE'), /locked/)
  database.close()
  void other.close()
})
