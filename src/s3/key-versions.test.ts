import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareBytes } from '../base/bytes.ts'
import type { OrderedFile } from '../store/ordered-file.ts'
import { Catalogue } from './catalogue.ts'
import type { BucketEntry, ObjectEntry, VersionEntry } from './entries.ts'
import { KeyVersions, versionIdOf } from './key-versions.ts'

/** A catalogue in memory, whose entries are in clear. */
function openCatalogue(): { readonly catalogue: Catalogue; readonly entries: () => number } {
  const rows = new Map<string, { space: string; id: Uint8Array; value: Uint8Array }>()
  const name = (space: string, id: Uint8Array): string => `${space} ${Buffer.from(id).toString('hex')}`
  const file: OrderedFile = {
    get: (space, id) => rows.get(name(space, id))?.value,
    range: (space, { from, to, limit }) =>
      [...rows.values()]
        .filter(
          (row) => row.space === space && compareBytes(row.id, from) >= 0 && compareBytes(row.id, to) < 0,
        )
        .sort((a, b) => compareBytes(a.id, b.id))
        .slice(0, limit),
    commit: async (changes) => {
      for (const { space, id, value } of changes) {
        if (value === undefined) rows.delete(name(space, id))
        else rows.set(name(space, id), { space, id, value })
      }
    },
    close: async () => {},
  }
  const sealer = { seal: (bytes: Uint8Array) => bytes, unseal: (bytes: Uint8Array) => bytes }
  return { catalogue: new Catalogue(file, sealer), entries: () => rows.size }
}

let made = 0

function newObject(): ObjectEntry {
  made += 1
  return {
    format: 1,
    version: made.toString(16).padStart(32, '0'),
    sizeBytes: 1,
    etag: 'e',
    modifiedAt: 1_000,
    encryption: { type: 'AES256', wrapped: '' },
    streams: [{ part: 0, file: `file ${made}`, sizeBytes: 1 }],
    headers: {},
    metadata: {},
  }
}

/** What the versions of a key must be, the newest first: with an id or not, and whether they are markers. */
type Model = { version: string; hasId: boolean; isMarker: boolean; file: string | undefined }[]

function addToModel(model: Model, entry: VersionEntry, hasId: boolean, isUnversioned: boolean): void {
  const removed = model.findIndex((version) => !version.hasId)
  if (!hasId && removed >= 0) model.splice(removed, 1)
  if (isUnversioned && entry.isMarker === true) return
  const { version } = entry
  const file = entry.isMarker === true ? undefined : entry.streams[0]?.file
  model.unshift({ version, hasId, isMarker: entry.isMarker === true, file })
}

function listed(catalogue: Catalogue): readonly object[] {
  return catalogue.allVersions('b', new Uint8Array(0), 1000).map(({ entry }) => {
    const { version, hasId = false, isMarker = false } = entry()
    return { version, hasId, isMarker }
  })
}

/** A generator of numbers that a seed repeats. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return Math.floor((state / 0x80000000) * below)
  }
}

/** One key under random changes, and what must be left of it. */
class Scene {
  readonly random: (below: number) => number
  readonly catalogue: Catalogue
  readonly entries: () => number
  readonly model: Model = []
  readonly files = new Set<string>()
  versioning: BucketEntry['versioning']

  constructor(seed: number) {
    this.random = randomFrom(seed)
    const { catalogue, entries } = openCatalogue()
    this.catalogue = catalogue
    this.entries = entries
  }

  add(versions: KeyVersions, entry: VersionEntry): void {
    if (entry.isMarker !== true) this.files.add(entry.streams[0]?.file ?? '')
    versions.add(entry)
    addToModel(this.model, entry, this.versioning === 'Enabled', this.versioning === undefined)
  }

  removeAny(versions: KeyVersions): void {
    const index = this.random(this.model.length)
    const { version, hasId } = this.model[index] ?? assert.fail()
    const id = hasId ? idOf(this.catalogue, versions, version) : 'null'
    const entry = id === undefined ? undefined : versions.find(id)
    // A version that this commit has added is found only by its id, which the catalogue does not have yet.
    if (entry === undefined) return
    assert.equal(entry.version, version)
    versions.remove(entry)
    this.model.splice(index, 1)
  }

  async step(): Promise<void> {
    const what = this.random(10)
    if (what === 0) this.versioning = this.random(2) === 0 ? 'Enabled' : 'Suspended'
    const versions = new KeyVersions(this.catalogue, { name: 'b', versioning: this.versioning }, 'k')
    // Several changes may be in one commit.
    for (let change = this.random(3); change >= 0; change -= 1) {
      if (what < 5) this.add(versions, newObject())
      else if (what < 7) this.add(versions, KeyVersions.marker(newObject().version, 1_000))
      else if (this.model.length > 0) this.removeAny(versions)
    }
    const { changes, disposes } = versions.outcome()
    for (const file of disposes) assert.ok(this.files.delete(file), `${file} is disposed of twice`)
    await this.catalogue.commit(changes)
  }

  check(when: string): void {
    const { model, catalogue } = this
    const expected = model.map(({ version, hasId, isMarker }) => ({ version, hasId, isMarker }))
    assert.deepEqual(listed(catalogue), expected, when)
    const [newest] = model
    const current = catalogue.object('b', 'k')
    assert.equal(current?.version, newest?.isMarker === false ? newest.version : undefined)
    assert.deepEqual([...catalogue.namedFiles()].sort(), [...this.files].sort())
    const nullVersion = model.find(({ hasId }) => !hasId)
    const isNullElsewhere = nullVersion !== undefined && nullVersion.version !== current?.version
    assert.equal(catalogue.nullPlace('b', 'k') !== undefined, isNullElsewhere)
    assert.equal(this.entries(), model.length + (isNullElsewhere ? 1 : 0))
  }
}

function idOf(catalogue: Catalogue, versions: KeyVersions, version: string): string | undefined {
  const known = catalogue.allVersions('b', new Uint8Array(0), 1000).map(({ entry }) => entry())
  const found = [...known, versions.latest()].find((entry) => entry?.version === version)
  return found && versionIdOf(found)
}

test('random puts and deletions of versions leave what a simple model has, and remove the files of the rest', async () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const scene = new Scene(seed)
    for (let step = 0; step < 60; step += 1) {
      await scene.step()
      scene.check(`seed ${seed}, step ${step}`)
    }
  }
})

test('an id that is none of a version finds none, and one that cannot be an id is refused', () => {
  const { catalogue } = openCatalogue()
  const versions = new KeyVersions(catalogue, { name: 'b', versioning: 'Enabled' }, 'k')
  assert.equal(versions.find('null'), undefined)
  assert.equal(versions.find('0'.repeat(46)), undefined)
  assert.equal(versions.find('3HL4kqtJvjVBH40Nrjfkd'), undefined)
  assert.throws(() => versions.find(''), { code: 'InvalidArgument' })
  assert.throws(() => versions.find('a b'), { code: 'InvalidArgument' })
})

test('to remove all versions of a key reads each a few times, however many they are', async () => {
  const { catalogue } = openCatalogue()
  const bucket = { name: 'b', versioning: 'Enabled' } as const
  const count = 200
  const adding = new KeyVersions(catalogue, bucket, 'k')
  const added = Array.from({ length: count }, () => adding.add(newObject()))
  await catalogue.commit(adding.outcome().changes)
  let reads = 0
  const counting = {
    object: catalogue.object.bind(catalogue),
    version: catalogue.version.bind(catalogue),
    nullPlace: catalogue.nullPlace.bind(catalogue),
    versions: (...query: Parameters<Catalogue['versions']>) => {
      const found = catalogue.versions(...query)
      reads += found.length
      return found
    },
  }
  for (const order of [added.toReversed(), added]) {
    reads = 0
    const versions = new KeyVersions(counting, bucket, 'k')
    for (const entry of order) versions.remove(versions.find(versionIdOf(entry)) ?? assert.fail())
    assert.equal(versions.latest(), undefined)
    assert.equal(versions.outcome().disposes.length, count)
    assert.ok(reads <= 3 * count, `${reads} reads`)
  }
})
