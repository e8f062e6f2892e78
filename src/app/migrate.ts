import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { nodesAmong } from '../audit/log/slot.ts'
import { systemRandom } from '../base/ports.ts'
import { UsageError } from '../base/usage-error.ts'
import type { Config } from '../config/settings.ts'
import type { StoreConfig } from '../config/store-settings.ts'
import { claimFileLock, type FileLock } from '../store/file-lock.ts'
import { type Moved, moveRecords } from '../store/move.ts'
import { DATABASE_FILE } from '../store/sqlite-file.ts'
import { AUDIT_FOLDER, makeDataFolder, oneAtATime } from './deployment.ts'
import { hasRootKey } from './root-key.ts'
import { openStoreMove } from './store.ts'

/** The bytes of the number of a move. */
const MOVE_BYTES = 6
/** The lock of a node, within its folder. */
const NODE_LOCK = 'lock'

/** The stores of a move. */
export type Migration = { readonly from: StoreConfig; readonly to: StoreConfig }

/**
 * Moves the records of a data folder to another store while no process uses the folder.
 *
 * @param read called now and then with the number of records that were read.
 * @throws UsageError, StoreFailure.
 */
export async function migrateStore(
  config: Config,
  { from, to }: Migration,
  read: (records: number) => void,
): Promise<Moved> {
  assertStores(config, { from, to })
  await makeDataFolder(config)
  return await oneAtATime(config, async () => {
    await using stack = new AsyncDisposableStack()
    for (const lock of await claimNodes(config)) stack.defer(() => lock.release())
    const source = await openStoreMove(config.data, from)
    stack.defer(() => source.close())
    const target = await openStoreMove(config.data, to)
    stack.defer(() => target.close())
    return await moveRecords(source, target, { newMove, read })
  })
}

function assertStores(config: Config, { from, to }: Migration): void {
  const { data } = config
  if (!hasRootKey(config))
    throw new UsageError(`HOLDFAST_DATA: expected a data folder of Holdfast; got '${data}'`)
  if (from.engine === 'embedded' && to.engine === 'embedded')
    throw new UsageError('--from and --to are the same store')
  if (from.engine === 'embedded' && !existsSync(join(data, DATABASE_FILE)))
    throw new UsageError(`--from: ${data} has no records`)
}

/** Takes the places of all processes that write to the audit log. @throws UsageError when one of them is running. */
async function claimNodes({ data }: Config): Promise<readonly FileLock[]> {
  const folder = join(data, AUDIT_FOLDER)
  const locks: FileLock[] = []
  const names = existsSync(folder) ? await readdir(folder) : []
  for (const node of nodesAmong(names)) {
    const lock = claimFileLock(join(folder, node, NODE_LOCK))
    if (lock !== undefined) {
      locks.push(lock)
      continue
    }
    for (const held of locks) held.release()
    throw new UsageError(`a process of Holdfast uses ${data}: stop it first`)
  }
  return locks
}

function newMove(): number {
  return systemRandom.bytes(MOVE_BYTES).reduce((number, byte) => number * 256 + byte, 0) || 1
}
