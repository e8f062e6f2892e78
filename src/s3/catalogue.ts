import { compareBytes, concatBytes, fromUtf8, lengthPrefixed, utf8 } from '../base/bytes.ts'
import { parseJsonText } from '../base/json-text.ts'
import type { ObjectSealer } from '../custody/object-sealer.ts'
import { idAfter, idAfterPrefix, type OrderedEntry, type OrderedFile } from '../store/ordered-file.ts'
import type { OrderedChange } from '../store/ordered-file-writer.ts'
import type { BucketEntry, ObjectEntry, PartEntry, UploadEntry, VersionEntry } from './entries.ts'
import { DamagedObject } from './stream-format.ts'

/** The spaces of the catalogue. */
type Space = 'bucket' | 'object' | 'version' | 'null' | 'upload' | 'part' | 'garbage' | 'outbox'

/** A file that is to be removed. */
type Garbage = { readonly format: 1 }

/** An audit event that may not be in the log yet. */
type Waiting = { readonly format: 1; readonly event: string }

/** The place of the null version of a key that is not its current object. */
type NullPlace = { readonly format: 1; readonly place: string }

type Entries = {
  readonly bucket: BucketEntry
  readonly object: ObjectEntry
  readonly version: VersionEntry
  readonly null: NullPlace
  readonly upload: UploadEntry
  readonly part: PartEntry
  readonly garbage: Garbage
  readonly outbox: Waiting
}

/** An entry with the key of its object. */
export type Keyed<T> = { readonly key: string; readonly entry: T }

/** A version in a list, with its id in the catalogue, after the bucket. */
export type ListedVersion = Keyed<() => VersionEntry> & { readonly id: Uint8Array }

/** Which uploads are listed. */
type UploadsQuery = {
  /** The last upload of the page before; without an id, all of its key are. */
  readonly after: { readonly key: string; readonly id: string | undefined } | undefined
  readonly prefix: string
  readonly limit: number
}

/** Separates the bucket, the key and the upload: no name and no key has it. */
const SEPARATOR = Uint8Array.of(0)

/**
 * The catalogue of buckets, objects and uploads: each entry is sealed, and bound to its place. The names of objects are
 * in clear, since lists are in their order. See docs/reference/formats/s3-object.md.
 *
 * @throws DamagedObject when an entry does not open.
 */
export class Catalogue {
  readonly #file: OrderedFile
  readonly #sealer: ObjectSealer['entries']

  constructor(file: OrderedFile, sealer: ObjectSealer['entries']) {
    this.#file = file
    this.#sealer = sealer
  }

  /** The entry of a bucket. */
  bucket(name: string): BucketEntry | undefined {
    return this.#get('bucket', utf8(name))
  }

  /** All buckets, in the order of their names. */
  buckets(): readonly BucketEntry[] {
    return [...this.#all('bucket')].map(({ entry }) => entry)
  }

  /** The entry of an object. */
  object(bucket: string, key: string): ObjectEntry | undefined {
    return this.#get('object', objectId(bucket, key))
  }

  /**
   * Objects of a bucket in the order of their keys.
   *
   * @param from the first key that may be in the list.
   */
  objects(bucket: string, from: Uint8Array, limit: number): readonly Keyed<() => ObjectEntry>[] {
    const prefix = concatBytes(utf8(bucket), SEPARATOR)
    const range = { from: concatBytes(prefix, from), to: idAfterPrefix(prefix), limit }
    return this.#file.range('object', range).map((row) => ({
      key: fromUtf8(row.id.subarray(prefix.length)),
      entry: () => this.#open('object', row),
    }))
  }

  /** A version of a key that is not its current object, by its place among them. */
  version(bucket: string, key: string, place: string): VersionEntry | undefined {
    return this.#get('version', versionId(bucket, key, place))
  }

  /** Versions of a key that are not its current object, the newest first, after a place. */
  versions(bucket: string, key: string, after: string, limit: number): readonly Placed[] {
    const prefix = concatBytes(objectId(bucket, key), SEPARATOR)
    const from = concatBytes(prefix, idAfter(utf8(after)))
    return this.#file.range('version', { from, to: idAfterPrefix(prefix), limit }).map((row) => ({
      place: fromUtf8(row.id.subarray(prefix.length)),
      entry: this.#open('version', row),
    }))
  }

  /** The place of the null version of a key, if it is not its current object. */
  nullPlace(bucket: string, key: string): string | undefined {
    return this.#get('null', objectId(bucket, key))?.place
  }

  /** All versions of a bucket by key, the newest of a key first, from an id on. */
  allVersions(bucket: string, from: Uint8Array, limit: number): readonly ListedVersion[] {
    const prefix = concatBytes(utf8(bucket), SEPARATOR)
    const range = { from: concatBytes(prefix, from), to: idAfterPrefix(prefix), limit }
    const listed = (space: 'object' | 'version'): readonly ListedVersion[] =>
      this.#file.range(space, range).map((row) => {
        const id = row.id.subarray(prefix.length)
        const end = id.indexOf(0)
        return { id, key: fromUtf8(end < 0 ? id : id.subarray(0, end)), entry: () => this.#open(space, row) }
      })
    // The id of the current object is the beginning of those of the key's other versions.
    return [...listed('object'), ...listed('version')]
      .sort((a, b) => compareBytes(a.id, b.id))
      .slice(0, limit)
  }

  /** Whether a bucket has neither versions of objects nor uploads. */
  isEmpty(bucket: string): boolean {
    const prefix = concatBytes(utf8(bucket), SEPARATOR)
    const range = { from: prefix, to: idAfterPrefix(prefix), limit: 1 }
    return SPACES_OF_BUCKETS.every((space) => this.#file.range(space, range).length === 0)
  }

  /** The entry of an upload. */
  upload(bucket: string, key: string, id: string): UploadEntry | undefined {
    return this.#get('upload', uploadId(bucket, key, id))
  }

  /** Uploads of a bucket by key and id, of keys that begin with the prefix. */
  uploads(bucket: string, { after, prefix, limit }: UploadsQuery): readonly UploadEntry[] {
    const wanted = concatBytes(utf8(bucket), SEPARATOR, utf8(prefix))
    const start = after === undefined ? wanted : startAfter(bucket, after)
    const from = compareBytes(start, wanted) < 0 ? wanted : start
    return this.#file
      .range('upload', { from, to: idAfterPrefix(wanted), limit })
      .map((row) => this.#open('upload', row))
  }

  /** The entry of a part. */
  part(upload: string, part: number): PartEntry | undefined {
    return this.#get('part', partId(upload, part))
  }

  /** Parts of an upload in the order of their numbers, after one of them. */
  parts(upload: string, after: number, limit: number): readonly PartEntry[] {
    const to = idAfterPrefix(concatBytes(utf8(upload), SEPARATOR))
    return this.#file
      .range('part', { from: idAfter(partId(upload, after)), to, limit })
      .map((row) => this.#open('part', row))
  }

  /** Files that are to be removed. */
  garbage(): readonly string[] {
    return [...this.#all('garbage')].map(({ id }) => fromUtf8(id))
  }

  /** Events that may not be in the log yet, by id. */
  waiting(): readonly { readonly id: string; readonly event: string }[] {
    return [...this.#all('outbox')].map(({ id, entry }) => ({ id: fromUtf8(id), event: entry.event }))
  }

  /** The files that objects and parts name. It reads everything, and only a start asks. */
  namedFiles(): ReadonlySet<string> {
    const files = new Set<string>()
    for (const { entry } of this.#all('object')) for (const { file } of entry.streams) files.add(file)
    for (const { entry } of this.#all('version')) {
      if (entry.isMarker !== true) for (const { file } of entry.streams) files.add(file)
    }
    for (const { entry } of this.#all('part')) files.add(entry.file)
    return files
  }

  /** All or nothing, and durable when it resolves. @throws StoreFailure. */
  commit(changes: readonly CatalogueChange[]): Promise<void> {
    return this.#file.commit(changes.map((change) => this.#sealed(change)))
  }

  #sealed({ space, id, entry }: CatalogueChange): OrderedChange {
    const value = entry && this.#sealer.seal(utf8(JSON.stringify(entry)), boundTo(space, id))
    return { space, id, value }
  }

  #get<S extends Space>(space: S, id: Uint8Array): Entries[S] | undefined {
    const value = this.#file.get(space, id)
    return value && this.#open(space, { id, value })
  }

  #open<S extends Space>(space: S, { id, value }: OrderedEntry): Entries[S] {
    const bytes = this.#sealer.unseal(value, boundTo(space, id))
    if (bytes === undefined)
      throw new DamagedObject(`an entry of kind ${space} in the catalogue does not open`)
    return parseEntry<Entries[S]>(bytes)
  }

  *#all<S extends Space>(space: S): Iterable<{ readonly id: Uint8Array; readonly entry: Entries[S] }> {
    let from: Uint8Array = new Uint8Array(0)
    for (;;) {
      const rows = this.#file.range(space, { from, to: AFTER_ALL, limit: PAGE })
      for (const row of rows) yield { id: row.id, entry: this.#open(space, row) }
      const last = rows.at(-1)
      if (last === undefined || rows.length < PAGE) return
      from = idAfter(last.id)
    }
  }
}

/** A version and its place among those of its key. */
type Placed = { readonly place: string; readonly entry: VersionEntry }

const SPACES_OF_BUCKETS = ['object', 'version', 'upload'] as const
const PAGE = 500
/** UTF-8 has no such byte. */
const AFTER_ALL = Uint8Array.of(0xff)

/** A change of one entry; without an entry, it is removed. */
export type CatalogueChange = {
  readonly space: Space
  readonly id: Uint8Array
  readonly entry: Entries[Space] | undefined
}

/** Puts a bucket. */
export function putBucket(entry: BucketEntry): CatalogueChange {
  return { space: 'bucket', id: utf8(entry.name), entry }
}

/** Removes a bucket. */
export function removeBucket(name: string): CatalogueChange {
  return { space: 'bucket', id: utf8(name), entry: undefined }
}

/** Puts an object; without an entry, removes it. */
export function setObject(bucket: string, key: string, entry: ObjectEntry | undefined): CatalogueChange {
  return { space: 'object', id: objectId(bucket, key), entry }
}

/** Puts a version that is not the current object; without an entry, removes it. */
export function setVersion(
  { bucket, key, place }: { readonly bucket: string; readonly key: string; readonly place: string },
  entry: VersionEntry | undefined,
): CatalogueChange {
  return { space: 'version', id: versionId(bucket, key, place), entry }
}

/** Notes where the null version of a key is. */
export function setNullPlace(bucket: string, key: string, place: string | undefined): CatalogueChange {
  return {
    space: 'null',
    id: objectId(bucket, key),
    entry: place === undefined ? undefined : { format: 1, place },
  }
}

/** Puts an upload. */
export function putUpload(bucket: string, entry: UploadEntry): CatalogueChange {
  return { space: 'upload', id: uploadId(bucket, entry.key, entry.id), entry }
}

/** Removes an upload. */
export function removeUpload(bucket: string, { key, id }: UploadEntry): CatalogueChange {
  return { space: 'upload', id: uploadId(bucket, key, id), entry: undefined }
}

/** Puts a part. */
export function putPart(upload: string, entry: PartEntry): CatalogueChange {
  return { space: 'part', id: partId(upload, entry.part), entry }
}

/** Removes a part. */
export function removePart(upload: string, part: number): CatalogueChange {
  return { space: 'part', id: partId(upload, part), entry: undefined }
}

/** Notes that a file is to be removed. */
export function addGarbage(file: string): CatalogueChange {
  return { space: 'garbage', id: utf8(file), entry: { format: 1 } }
}

/** Notes that a file is removed. */
export function removeGarbage(file: string): CatalogueChange {
  return { space: 'garbage', id: utf8(file), entry: undefined }
}

/** Keeps an event until it is in the log. */
export function putWaiting(id: string, event: string): CatalogueChange {
  return { space: 'outbox', id: utf8(id), entry: { format: 1, event } }
}

/** Removes an event that is in the log. */
export function removeWaiting(id: string): CatalogueChange {
  return { space: 'outbox', id: utf8(id), entry: undefined }
}

function objectId(bucket: string, key: string): Uint8Array {
  return concatBytes(utf8(bucket), SEPARATOR, utf8(key))
}

function versionId(bucket: string, key: string, place: string): Uint8Array {
  return concatBytes(objectId(bucket, key), SEPARATOR, utf8(place))
}

function uploadId(bucket: string, key: string, id: string): Uint8Array {
  return concatBytes(objectId(bucket, key), SEPARATOR, utf8(id))
}

function startAfter(
  bucket: string,
  { key, id }: { readonly key: string; readonly id: string | undefined },
): Uint8Array {
  if (id !== undefined) return idAfter(uploadId(bucket, key, id))
  return idAfterPrefix(concatBytes(objectId(bucket, key), SEPARATOR))
}

/** 5 digits: parts have numbers up to 10,000. */
function partId(upload: string, part: number): Uint8Array {
  return concatBytes(utf8(upload), SEPARATOR, utf8(String(part).padStart(5, '0')))
}

function boundTo(space: Space, id: Uint8Array): Uint8Array {
  return lengthPrefixed(space, id)
}

/** Only this class writes entries, and only with its key can they be read. */
function parseEntry<T>(bytes: Uint8Array): T {
  return parseJsonText(fromUtf8(bytes)) as T
}
