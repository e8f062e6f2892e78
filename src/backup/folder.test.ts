import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { testFolder } from '../../test/support/test-folder.ts'
import { neverGiveWay } from '../base/slices.ts'
import { hmacKey } from '../crypto/hmac.ts'
import { formatEntry } from './entries.ts'
import { findBase, listBackups, putBackup, removeOld } from './folder.ts'
import { type BackupHeader, sealBackup } from './format.ts'

const KEY = hmacKey(new Uint8Array(32).fill(7))
const STRANGE_KEY = hmacKey(new Uint8Array(32).fill(8))
const DEPLOYMENT = '3f2b8c1e-5d7a-4b60-9e21-0c4d8f6a7b90'
const DAY_MS = 86_400_000
const NOW = Date.parse('2026-11-30T12:00:00.000Z')

function headerOf(number: number, ageDays: number): BackupHeader {
  return {
    id: String(number).padStart(32, '0'),
    deployment: DEPLOYMENT,
    createdAt: new Date(NOW - ageDays * DAY_MS).toISOString(),
    release: '0.1.0',
    base: undefined,
    envelope: '{}',
  }
}

async function* contentOf({ id }: BackupHeader): AsyncGenerator<Uint8Array> {
  const manifest = { id, revision: 0, heads: new Map(), covered: {}, files: [], inBase: [] }
  yield formatEntry({ type: 'manifest', manifest })
  yield formatEntry({ type: 'end', records: 0, files: 0 })
}

async function put(folder: string, header: BackupHeader, key = KEY): Promise<string> {
  return (await putBackup(folder, header, sealBackup(header, key, contentOf(header)), neverGiveWay)).path
}

const idsOf = async (folder: string): Promise<readonly string[]> =>
  (await listBackups(folder)).map(({ header }) => header.id)

const FOREIGN: Readonly<Record<string, (path: string) => void>> = {
  'a folder': (path) => mkdirSync(path),
  'a pipe that nobody writes to': (path) => execFileSync('mkfifo', [path]),
  'a link to nothing': (path) => symlinkSync('nowhere', path),
  'a link to itself': (path) => symlinkSync(basename(path), path),
  'a device without an end': (path) => symlinkSync('/dev/zero', path),
  'an empty file': (path) => writeFileSync(path, ''),
  'a file that nobody may read': (path) => {
    writeFileSync(path, '')
    chmodSync(path, 0)
  },
}

for (const [what, make] of Object.entries(FOREIGN)) {
  test(`${what} with the name of a backup keeps no backup from being made or continued`, async () => {
    using folder = testFolder()
    const first = headerOf(1, 1)
    await put(folder.path, first)
    make(join(folder.path, `holdfast-20261130T110000Z-${'f'.repeat(32)}.backup`))
    const found = await listBackups(folder.path)
    assert.deepEqual(
      found.map(({ header }) => header.id),
      [first.id],
    )
    assert.equal((await findBase(found, DEPLOYMENT, KEY, NOW))?.id, first.id)
    const made = headerOf(2, 0)
    await put(folder.path, made)
    const all = await listBackups(folder.path)
    assert.equal((await removeOld(all, { made, keep: 1, key: KEY })).length, 1)
  })
}

test('files that only name themselves backups push no backup out, whatever time they name', async () => {
  using folder = testFolder()
  for (const number of [1, 2, 3]) await put(folder.path, headerOf(number, 4 - number))
  const future = [5, 6, 7].map((number) => headerOf(number, -number))
  for (const header of [...future, headerOf(8, 2.5)]) await put(folder.path, header, STRANGE_KEY)
  const made = headerOf(4, 0)
  await put(folder.path, made)
  await removeOld(await listBackups(folder.path), { made, keep: 3, key: KEY })
  const left = new Set(await idsOf(folder.path))
  for (const number of [2, 3, 4]) assert.ok(left.has(headerOf(number, 0).id), `backup ${number}`)
  assert.equal(left.has(headerOf(1, 0).id), false)
  assert.equal(left.has(headerOf(8, 0).id), false)
})

test('with fewer backups than stay, none is removed, and neither is a file that does not open', async () => {
  using folder = testFolder()
  await put(folder.path, headerOf(1, 2))
  await put(folder.path, headerOf(2, 1), STRANGE_KEY)
  const made = headerOf(3, 0)
  await put(folder.path, made)
  assert.deepEqual(await removeOld(await listBackups(folder.path), { made, keep: 3, key: KEY }), [])
  assert.equal((await idsOf(folder.path)).length, 3)
})

test('a backup that was made when the clock was set back stays alone when one stays', async () => {
  using folder = testFolder()
  for (const number of [1, 2]) await put(folder.path, headerOf(number, 1))
  const made = headerOf(3, 9)
  await put(folder.path, made)
  await removeOld(await listBackups(folder.path), { made, keep: 1, key: KEY })
  assert.deepEqual(await idsOf(folder.path), [made.id])
})

test('a whole backup of a time to come, or of more than 28 days ago, is not continued', async () => {
  for (const ageDays of [-1, 29]) {
    using folder = testFolder()
    await put(folder.path, headerOf(1, ageDays))
    assert.equal(await findBase(await listBackups(folder.path), DEPLOYMENT, KEY, NOW), undefined)
  }
})

test('a backup removes at once what a killed one has left', async () => {
  using folder = testFolder()
  const left = join(folder.path, `.holdfast-20261130T110000Z-${'e'.repeat(32)}.backup.partial`)
  writeFileSync(left, 'HOLDFAST')
  await put(folder.path, headerOf(1, 0))
  assert.equal(existsSync(left), false)
})
