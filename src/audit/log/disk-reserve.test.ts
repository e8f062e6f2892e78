import assert from 'node:assert/strict'
import { appendFile, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLog } from '../../base/log.ts'
import { systemRandom } from '../../base/ports.ts'
import { DiskReserve, diskSpaceOf, FILL_DELAY_MS, RESERVE_MAX_BYTES } from './disk-reserve.ts'
import { systemFiles } from './files.ts'

const STEP = RESERVE_MAX_BYTES / 8

/** A reserve on a disk with so much free beside it. */
async function withReserve(
  use: (bed: {
    readonly reserve: DiskReserve
    readonly disk: { freeBytes: number; totalBytes: number }
    readonly sizeBytes: () => Promise<number | undefined>
    readonly wait: (ms: number) => void
    /** What others add to the file. */
    readonly add: (sizeBytes: number) => Promise<void>
  }) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-reserve-'))
  const path = join(folder, 'reserve')
  const disk = { freeBytes: 1e9, totalBytes: 1e10 }
  const time = { nowMs: 0 }
  const reserve = new DiskReserve({
    path,
    files: systemFiles,
    space: async () => ({ ...disk }),
    clock: { now: () => 0, monotonicMs: () => time.nowMs },
    random: systemRandom,
    log: silentLog,
  })
  const sizeBytes = () =>
    stat(path)
      .then(({ size }) => size)
      .catch(() => undefined)
  const wait = (ms: number) => {
    time.nowMs += ms
  }
  try {
    await use({ reserve, disk, sizeBytes, wait, add: (bytes) => appendFile(path, new Uint8Array(bytes)) })
  } finally {
    await rm(folder, { recursive: true })
  }
}

test('a reserve fills its file a while after the start, to a twentieth of a small disk', async () => {
  await withReserve(async ({ reserve, disk, sizeBytes, wait }) => {
    disk.totalBytes = 20_000_000
    await reserve.check()
    assert.equal(await sizeBytes(), undefined)
    wait(FILL_DELAY_MS)
    await reserve.check()
    assert.equal(await sizeBytes(), 1_000_000)
    assert.equal(reserve.isInUse, false)
  })
})

test('a full disk gets the reserve step by step, and calls are served again only when there is room for more', async () => {
  await withReserve(async ({ reserve, disk, sizeBytes, wait }) => {
    wait(FILL_DELAY_MS)
    await reserve.check()
    assert.equal(await sizeBytes(), RESERVE_MAX_BYTES)
    disk.freeBytes = STEP - 1
    await reserve.check()
    assert.equal(reserve.isInUse, true)
    assert.equal(await sizeBytes(), RESERVE_MAX_BYTES - STEP)
    for (let round = 0; round < 10; round += 1) await reserve.check()
    assert.equal(await sizeBytes(), 0)
    disk.freeBytes = RESERVE_MAX_BYTES + 4 * STEP - 1
    await reserve.check()
    assert.equal(reserve.isInUse, true)
    disk.freeBytes += 1
    await reserve.check()
    assert.equal(reserve.isInUse, false)
    assert.equal(await sizeBytes(), RESERVE_MAX_BYTES)
  })
})

test('a disk without room for a reserve is used without one until it is full', async () => {
  await withReserve(async ({ reserve, disk, sizeBytes, wait }) => {
    disk.freeBytes = 2 * STEP
    wait(FILL_DELAY_MS)
    await reserve.check()
    assert.equal(reserve.isInUse, false)
    assert.equal(await sizeBytes(), 0)
    disk.freeBytes = 0
    await reserve.check()
    assert.equal(reserve.isInUse, true)
  })
})

test('a reserve that several processes have filled at once is cut to its size', async () => {
  await withReserve(async ({ reserve, disk, sizeBytes, wait, add }) => {
    wait(FILL_DELAY_MS)
    await reserve.check()
    await add(RESERVE_MAX_BYTES)
    wait(FILL_DELAY_MS)
    await reserve.check()
    assert.equal(await sizeBytes(), RESERVE_MAX_BYTES)
    await reserve.check()
    await add(RESERVE_MAX_BYTES)
    disk.freeBytes = STEP - 1
    await reserve.check()
    assert.equal(await sizeBytes(), RESERVE_MAX_BYTES - STEP)
  })
})

test('a reserve is in use on a full disk also where its file cannot be opened', async () => {
  const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
  const reserve = new DiskReserve({
    path: 'reserve',
    files: { openAppend: () => Promise.reject(full) },
    space: async () => ({ freeBytes: 0, totalBytes: 1e10 }),
    clock: { now: () => 0, monotonicMs: () => 0 },
    random: systemRandom,
    log: silentLog,
  })
  await assert.rejects(reserve.check(), full)
  assert.equal(reserve.isInUse, true)
})

test('diskSpaceOf says what a file system has', async () => {
  const { freeBytes, totalBytes } = await diskSpaceOf(tmpdir())
  assert.ok(freeBytes >= 0 && totalBytes >= freeBytes)
})

test('a reserve in use looks at the disk again while much is written, and does not wait for the next time', async () => {
  await withReserve(async ({ reserve, disk, sizeBytes, wait }) => {
    wait(FILL_DELAY_MS)
    await reserve.check()
    disk.freeBytes = STEP - 1
    await reserve.check()
    assert.equal(await sizeBytes(), RESERVE_MAX_BYTES - STEP)
    reserve.spend(STEP / 4 - 1)
    await reserve.looked
    assert.equal(await sizeBytes(), RESERVE_MAX_BYTES - STEP)
    reserve.spend(1)
    await reserve.looked
    assert.equal(await sizeBytes(), RESERVE_MAX_BYTES - 2 * STEP)
  })
})
