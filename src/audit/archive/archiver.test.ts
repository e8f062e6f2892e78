import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { saveHeadRecord } from '../../../test/support/audit-child.ts'
import { openTestLog, TEST_CHAIN, TEST_KEY, TestTime, testEvent } from '../../../test/support/audit-log.ts'
import { places } from '../../../test/support/campaign.ts'
import { testFolder } from '../../../test/support/test-folder.ts'
import { testSealer } from '../../../test/support/test-sealer.ts'
import { silentLog } from '../../base/log.ts'
import { systemRandom } from '../../base/ports.ts'
import { Secret } from '../../base/secret.ts'
import { ed25519Key } from '../../crypto/ed25519.ts'
import { openRecords } from '../../store/cache.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { type AuditFiles, systemFiles } from '../log/files.ts'
import { followLog, LOG_START } from '../log/follow.ts'
import type { AuditHead } from '../log/head.ts'
import { segmentName, segmentsAmong } from '../log/segment.ts'
import { makeCheckpoint, readTrees } from '../proofs/checkpoints.ts'
import { growTree } from '../proofs/tree.ts'
import { type Verification, verifyLog } from '../verify/verify.ts'
import { archivePaths, BLOCK_BYTES, PACKED_MAX_BYTES, readManifest } from './archive.ts'
import { type ArchiverDependencies, archiveOld, readArchived } from './archiver.ts'
import { segmentFiles, withArchives } from './segment-files.ts'

const SIGNING_KEY = ed25519Key(new Secret(new Uint8Array(32).fill(9)))
const NODE = TEST_CHAIN.node
const HOUR_MS = 3_600_000
const EVENTS = 24

/** A log of segments, an hour between them, a checkpoint at its end, and what archives it. */
async function scene({ eventChars = 300, taken = Number.POSITIVE_INFINITY, chains = [TEST_CHAIN] } = {}) {
  const folder = testFolder()
  const audit = join(folder.path, 'audit')
  const own = join(audit, NODE)
  const records = await openRecords(openSqlite(join(folder.path, 'data')), testSealer())
  const time = new TestTime()
  const heads = new Map<string, AuditHead>()
  for (const chain of chains) {
    const { node } = chain
    const { log } = await openTestLog({ folder: audit, time, heads, segmentMaxBytes: 3 * eventChars, chain })
    for (let index = 0; index < EVENTS; index += 1) {
      await log.append(testEvent(`${index}`, 'x'.repeat(eventChars)))
      time.pass(HOUR_MS / 3)
    }
    await log.close()
    const head = heads.get(node)
    assert.ok(head)
    await saveHeadRecord(records, node, head)
    const grow = (_: string, ...more: [Parameters<typeof growTree>[1], number]) =>
      growTree({ files: segmentFiles, folder: join(audit, node), chain }, ...more)
    const checkpoint = {
      ...{ records, files: systemFiles, folder: audit, signingKey: SIGNING_KEY, grow },
      random: systemRandom,
    }
    await makeCheckpoint(checkpoint, node, head)
  }
  const told: string[] = []
  const dependencies: ArchiverDependencies = {
    ...{ records, files: systemFiles, folder: audit, key: TEST_KEY, signingKey: SIGNING_KEY, log: silentLog },
    own: { clock: time, random: systemRandom, account: '111122223333' },
    commit: async (changes, events) => {
      await records.commit(changes)
      told.push(...events.map(({ json }) => json))
    },
    taken: async () => () => taken,
  }
  const verify = async (files: AuditFiles = segmentFiles): Promise<Verification> =>
    verifyLog({
      ...{ folder: audit, key: TEST_KEY, heads, files, signingKey: SIGNING_KEY },
      ...{ trees: await readTrees(records), archived: await readArchived(records) },
    })
  return {
    ...{ folder: folder.path, audit, own, records, time, dependencies, told, verify },
    live: () => segmentsAmong(readdirSync(own)),
    [Symbol.asyncDispose]: async () => {
      await records.close()
      folder[Symbol.dispose]()
    },
  }
}

function assertWhole({ firstDamage, events, warnings }: Verification): void {
  assert.deepEqual([firstDamage, events, warnings], [undefined, EVENTS, []])
}

/** Of all events: their lines, as whoever follows the log sees them. */
async function linesOf(own: string): Promise<string> {
  let lines = ''
  for await (const { events } of followLog(
    { files: segmentFiles, folder: own, chain: TEST_CHAIN },
    LOG_START,
  ))
    lines += Buffer.from(events).toString()
  return lines
}

test('archiveOld archives closed segments that are old, and the log is read and verified as before', async () => {
  await using place = await scene()
  const [before, live] = [await linesOf(place.own), place.live()]
  assert.ok(live.length >= 6)
  const archived = await archiveOld(place.dependencies, { ageMs: 4 * HOUR_MS })
  assert.ok(archived >= 2 && archived < live.length - 2)
  assert.deepEqual(place.live(), live.slice(archived))
  assertWhole(await place.verify())
  assert.equal(await linesOf(place.own), before)
  assert.equal(place.told.length, archived)
  const { eventName, serviceEventDetails } = JSON.parse(place.told[0] ?? '')
  assert.equal(eventName, 'ArchiveAuditSegment')
  assert.deepEqual([serviceEventDetails.node, serviceEventDetails.first], [NODE, 1])
})

test('archiveOld goes by the age of the last batch: not at the limit, but beyond it', async () => {
  await using place = await scene()
  const text = readFileSync(join(place.own, segmentName(1)), 'utf8')
  const age = place.time.now() - Number([...text.matchAll(/"at":(\d+)/g)].at(-1)?.[1])
  assert.equal(await archiveOld(place.dependencies, { ageMs: age }), 0)
  assert.equal(await archiveOld(place.dependencies, { ageMs: age - 1 }), 1)
})

test('archiveOld archives the oldest until the live log is small enough, and keeps two segments', async () => {
  await using place = await scene()
  const sizes = place.live().map((first) => readFileSync(join(place.own, segmentName(first))).length)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  assert.equal(await archiveOld(place.dependencies, { sizeBytes: total }), 0)
  assert.equal(await archiveOld(place.dependencies, { sizeBytes: total - 1 }), 1)
  assert.equal(await archiveOld(place.dependencies, { sizeBytes: 0 }), sizes.length - 3)
  assert.equal(place.live().length, 2)
  assertWhole(await place.verify())
})

test('archiveOld archives nothing when nothing is asked for', async () => {
  await using place = await scene()
  assert.equal(await archiveOld(place.dependencies, {}), 0)
})

test('archiveOld leaves what has not been taken by all that is derived from the log', async () => {
  await using place = await scene()
  const [, second = 0, third = 0] = place.live()
  for (const [taken, archived] of [
    [second - 2, 0],
    [second - 1, 1],
    [third - 2, 0],
  ] as const)
    assert.equal(
      await archiveOld({ ...place.dependencies, taken: async () => () => taken }, { sizeBytes: 0 }),
      archived,
    )
})

test('a position at the end of a segment whose archive is kept elsewhere goes on in the next one', async () => {
  await using place = await scene()
  await archiveOld(place.dependencies, { sizeBytes: 0 })
  const [kept = 0] = place.live()
  const dependencies = { files: segmentFiles, folder: place.own, chain: TEST_CHAIN }
  let end = LOG_START
  let before = LOG_START
  for await (const batch of followLog(dependencies, LOG_START)) {
    if (batch.segment >= kept) break
    before = end
    end = batch.end
  }
  assert.equal(end.point.sequence, kept - 1)
  rmSync(join(place.own, 'archive'), { recursive: true })
  const follow = async (from: typeof end): Promise<number> => {
    let events = 0
    for await (const { count } of followLog(dependencies, from)) events += count
    return events
  }
  assert.equal(await follow(end), EVENTS - kept + 1)
  const other = { ...end, point: { ...end.point, mac: end.point.mac.toReversed() } }
  await assert.rejects(follow(other), /does not follow the batch before/)
  await assert.rejects(follow(before), /is gone/)
})

test('an archived segment of several blocks is read at any place', async () => {
  await using place = await scene({ eventChars: 200_000 })
  const path = join(place.own, segmentName(1))
  const whole = readFileSync(path)
  assert.ok(whole.length > 2 * BLOCK_BYTES)
  assert.ok((await archiveOld(place.dependencies, { sizeBytes: 0 })) > 0)
  assert.equal(await segmentFiles.sizeOf(path), whole.length)
  const file = await segmentFiles.openRead(path)
  for (const at of [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, whole.length - 5, whole.length]) {
    const bytes = Buffer.alloc(10)
    let filled = 0
    for (let count = -1; count !== 0 && filled < bytes.length; filled += count)
      count = await file.read(bytes.subarray(filled), at + filled)
    assert.deepEqual(bytes.subarray(0, filled), whole.subarray(at, at + 10))
  }
  await file.close()
  assertWhole(await place.verify())
})

test('archives that are kept elsewhere are named, and verified when they are given', async () => {
  await using place = await scene()
  await archiveOld(place.dependencies, { sizeBytes: 0 })
  const elsewhere = join(place.folder, 'elsewhere')
  mkdirSync(elsewhere)
  cpSync(join(place.own, 'archive'), join(elsewhere, NODE, 'archive'), { recursive: true })
  const [last = 0] = place.live()
  rmSync(join(place.own, 'archive'), { recursive: true })
  const found = await place.verify()
  assert.equal(found.firstDamage, undefined)
  assert.equal(found.events, EVENTS - last + 1)
  assert.match(found.warnings[0]?.what ?? '', new RegExp(`^events 1 to ${last - 1} are in archives`))
  assertWhole(await place.verify(withArchives(systemFiles, elsewhere)))
  // Some of them are enough from there on.
  const { archive, manifest } = archivePaths(join(elsewhere, NODE, segmentName(1)))
  for (const path of [archive, manifest]) rmSync(path)
  const rest = await place.verify(withArchives(systemFiles, elsewhere))
  assert.equal(rest.firstDamage, undefined)
  assert.ok(rest.events > found.events && rest.events < EVENTS)
})

test('verifyLog finds archives that are damaged, gone from the middle, or exchanged, and manifests that are not theirs', async () => {
  await using place = await scene()
  const [first = 0, second = 0] = place.live()
  await archiveOld(place.dependencies, { sizeBytes: 0 })
  const one = archivePaths(join(place.own, segmentName(first)))
  const two = archivePaths(join(place.own, segmentName(second)))
  const kept = join(place.folder, 'kept')
  cpSync(join(place.own, 'archive'), kept, { recursive: true })
  const flip = (path: string, at: number): void => {
    const bytes = readFileSync(path)
    writeFileSync(path, bytes.with(at % bytes.length, (bytes[at % bytes.length] ?? 0) ^ 1))
  }
  const exchange = (a: string, b: string): void => {
    renameSync(a, `${a}.aside`)
    renameSync(b, a)
    renameSync(`${a}.aside`, b)
  }
  const spoils: readonly (() => void)[] = [
    ...[20, 30, 60, 100].map((at) => () => flip(two.archive, at)),
    ...[5, 60, 130, 200].map((at) => () => flip(two.manifest, at)),
    () => writeFileSync(two.archive, ''),
    () => writeFileSync(two.manifest, ''),
    () => writeFileSync(two.archive, readFileSync(two.archive).subarray(0, 50)),
    () => rmSync(two.archive),
    () => exchange(one.archive, two.archive),
    () => exchange(one.manifest, two.manifest),
  ]
  for (const [index, spoil] of spoils.entries()) {
    spoil()
    const { firstDamage } = await place.verify()
    assert.ok(firstDamage !== undefined, `spoil ${index}`)
    rmSync(join(place.own, 'archive'), { recursive: true })
    cpSync(kept, join(place.own, 'archive'), { recursive: true })
  }
  assertWhole(await place.verify())
})

test('archiveOld leaves a segment that is not as it was written where it is', async () => {
  await using place = await scene()
  const live = place.live()
  const path = join(place.own, segmentName(live[1] ?? 0))
  writeFileSync(path, readFileSync(path).fill('y', 300, 310))
  await assert.rejects(archiveOld(place.dependencies, { sizeBytes: 0 }), /the MAC of the batch is not|line/)
  assert.deepEqual(place.live(), live.slice(1))
})

test('archiveOld archives the logs of other nodes when one is not as it was written, and tells of that one', async () => {
  const other = { ...TEST_CHAIN, node: 'node-1' }
  await using place = await scene({ chains: [TEST_CHAIN, other] })
  const path = join(place.own, segmentName(1))
  writeFileSync(path, readFileSync(path).fill('y', 300, 310))
  await assert.rejects(archiveOld(place.dependencies, { sizeBytes: 0 }), /node-0\/0{15}1\.jsonl: the MAC/)
  assert.ok(place.live().length > 2)
  assert.equal(segmentsAmong(readdirSync(join(place.audit, other.node))).length, 2)
})

test('a manifest with a block that is larger than any can be is none', async () => {
  await using place = await scene()
  await archiveOld(place.dependencies, { sizeBytes: 0 })
  const path = archivePaths(join(place.own, segmentName(1))).manifest
  const note = readFileSync(path, 'utf8')
  for (const [size, isOne] of [
    [PACKED_MAX_BYTES, true],
    [PACKED_MAX_BYTES + 1, false],
  ] as const) {
    writeFileSync(path, note.replace(/\n\d+\n\n/, `\n${size}\n\n`))
    assert.equal((await readManifest(systemFiles, path, NODE)).manifest !== undefined, isOne)
  }
})

/** Files and commits that end at a call, as a process does: nothing happens afterwards, a write may be half done. */
function endingAt(
  dependencies: ArchiverDependencies,
  last: number,
): { readonly dependencies: ArchiverDependencies; readonly calls: () => number } {
  let calls = 0
  const count = (): void => {
    calls += 1
    if (calls > last) throw new Error('ended')
  }
  const files: AuditFiles = {
    ...systemFiles,
    openAppend: async (path) => {
      count()
      const file = await systemFiles.openAppend(path)
      return {
        ...file,
        write: async (bytes) => {
          if (calls === last) await file.write(bytes.subarray(0, bytes.length / 2))
          count()
          return file.write(bytes)
        },
      }
    },
    rename: async (from, to) => {
      count()
      await systemFiles.rename(from, to)
    },
    remove: async (path) => {
      count()
      await systemFiles.remove(path)
    },
    makeFolder: async (path) => {
      count()
      await systemFiles.makeFolder(path)
    },
  }
  const commit: ArchiverDependencies['commit'] = async (changes, events) => {
    count()
    await dependencies.commit(changes, events)
  }
  return { dependencies: { ...dependencies, files, commit }, calls: () => calls }
}

test('archiveOld that ends at any point leaves every event, and the next one goes on', async () => {
  await using whole = await scene()
  const counted = endingAt(whole.dependencies, Number.POSITIVE_INFINITY)
  await archiveOld(counted.dependencies, { sizeBytes: 0 })
  // The first segment passes every kind of call.
  const calls = Math.ceil(counted.calls() / whole.told.length) + 1
  assert.ok(calls >= 8)
  for (const last of places(0, calls, 3)) {
    await using place = await scene()
    const lines = await linesOf(place.own)
    await assert.rejects(
      archiveOld(endingAt(place.dependencies, last).dependencies, { sizeBytes: 0 }),
      /ended/,
    )
    assertWhole(await place.verify())
    assert.equal(await linesOf(place.own), lines)
    await archiveOld(place.dependencies, { sizeBytes: 0 })
    assert.equal(place.live().length, 2)
    assertWhole(await place.verify())
    assert.equal(await linesOf(place.own), lines)
    // Each segment that is gone was told of once.
    assert.equal(place.told.length, whole.told.length)
  }
})
