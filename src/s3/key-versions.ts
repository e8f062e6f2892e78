import type { EpochMs } from '../base/ports.ts'
import { type Catalogue, type CatalogueChange, setNullPlace, setObject, setVersion } from './catalogue.ts'
import type { BucketEntry, DeleteMarker, ObjectEntry, VersionEntry } from './entries.ts'
import { invalidArgument } from './s3-error.ts'

/** The id of the version of an object that was put while its bucket had no versions. */
export const NULL_VERSION = 'null'

/** Orders are counted in millionths of a second: that many in the milliseconds of an object's time. */
const ORDERS_PER_MS = 1_000
const PLACE_DIGITS = 14
const VERSION_ID = /^([0-9a-f]{14})([0-9a-f]{32})$/
/** Source: Amazon S3 User Guide, "Using versioning": an id has at most 1,024 bytes. */
const VERSION_ID_MAX_CHARS = 1024

/** The id of a version, as clients see it. */
export function versionIdOf(entry: VersionEntry): string {
  return entry.hasId === true ? placeOf(entry) + entry.version : NULL_VERSION
}

/** Where a version is among those of its key: the newest first. */
export function placeOf(entry: VersionEntry): string {
  return (Number.MAX_SAFE_INTEGER - orderOf(entry)).toString(16).padStart(PLACE_DIGITS, '0')
}

function orderOf({ order, modifiedAt }: VersionEntry): number {
  return order ?? modifiedAt * ORDERS_PER_MS
}

/** Reads the id of a version. @throws S3Error InvalidArgument. */
export function parseVersionId(
  text: string,
): { readonly place: string; readonly version: string } | undefined {
  const [, place, version] = VERSION_ID.exec(text) ?? []
  if (place !== undefined && version !== undefined) return { place, version }
  // Ids have no form that clients know: another one is that of no version.
  if (/^[\x21-\x7e]+$/.test(text) && text.length <= VERSION_ID_MAX_CHARS) return undefined
  throw invalidArgument('Invalid version id specified', 'versionId', text)
}

type CatalogueOfVersions = Pick<Catalogue, 'object' | 'version' | 'versions' | 'nullPlace'>

/**
 * The versions of one key, and what a call changes of them while it holds the key.
 *
 * The newest version, if it is an object, is the entry of the object itself, so that lists of a bucket read no other
 * versions. All others, and every delete marker, are entries of their own.
 */
export class KeyVersions {
  readonly #catalogue: CatalogueOfVersions
  readonly #bucket: Pick<BucketEntry, 'name' | 'versioning'>
  readonly #key: string
  readonly #changed = new Map<string, VersionEntry | undefined>()
  readonly #disposes: string[] = []
  #current: ObjectEntry | undefined
  #isCurrentChanged = false
  #nullPlace: string | undefined
  #isNullChanged = false
  /** Up to this place, the call has changed all versions that the catalogue has. */
  #changedUpTo = ''

  constructor(catalogue: CatalogueOfVersions, bucket: Pick<BucketEntry, 'name' | 'versioning'>, key: string) {
    this.#catalogue = catalogue
    this.#bucket = bucket
    this.#key = key
    this.#current = catalogue.object(bucket.name, key)
    if (bucket.versioning !== undefined) this.#nullPlace = catalogue.nullPlace(bucket.name, key)
  }

  /** The newest version. */
  latest(): VersionEntry | undefined {
    return this.#current ?? this.#newestOther()
  }

  /** The version with this id; without an id, the newest. @throws S3Error InvalidArgument. */
  find(id: string | undefined): VersionEntry | undefined {
    if (id === undefined) return this.latest()
    if (id === NULL_VERSION) {
      if (this.#current !== undefined && this.#current.hasId !== true) return this.#current
      return this.#nullPlace === undefined ? undefined : this.#at(this.#nullPlace)
    }
    const named = parseVersionId(id)
    if (named === undefined) return undefined
    const found = this.#current && versionIdOf(this.#current) === id ? this.#current : this.#at(named.place)
    return found?.hasId === true && found.version === named.version ? found : undefined
  }

  /** Puts an object, or a delete marker, as the newest version. Returns it as it is stored. */
  add<T extends VersionEntry>(entry: T): T {
    const { versioning } = this.#bucket
    const before = this.#current
    if (versioning === undefined) {
      this.#dispose(before)
      this.#setCurrent(entry.isMarker === true ? undefined : entry)
      return entry
    }
    const latest = this.latest()
    const order = Math.max(entry.modifiedAt * ORDERS_PER_MS, latest === undefined ? 0 : orderOf(latest) + 1)
    const isNull = versioning === 'Suspended'
    const added: T = { ...entry, order, hasId: isNull ? undefined : true }
    if (before !== undefined) {
      if (isNull && before.hasId !== true) this.#dispose(before)
      else this.#setOther(before)
    }
    if (isNull) this.#removeOtherNull(before)
    if (added.isMarker === true) {
      this.#setCurrent(undefined)
      this.#setOther(added)
    } else {
      this.#setCurrent(added)
    }
    return added
  }

  /** A new delete marker. */
  static marker(version: string, modifiedAt: EpochMs): DeleteMarker {
    return { format: 1, isMarker: true, version, modifiedAt }
  }

  /** Removes a version for ever. If it was the newest, the one before it is the newest. */
  remove(entry: VersionEntry): void {
    this.#dispose(entry)
    if (entry === this.#current) this.#setCurrent(undefined)
    else this.#unsetOther(entry)
    if (this.#current !== undefined) return
    const newest = this.#newestOther()
    if (newest === undefined || newest.isMarker === true) return
    this.#unsetOther(newest)
    this.#setCurrent(newest)
  }

  /** Replaces what is said of a version, which keeps its place. */
  replace(before: ObjectEntry, after: ObjectEntry): void {
    if (before === this.#current) this.#setCurrent(after)
    else this.#changed.set(placeOf(before), after)
  }

  /** What the call has changed. */
  outcome(): { readonly changes: readonly CatalogueChange[]; readonly disposes: readonly string[] } {
    const { name: bucket } = this.#bucket
    const key = this.#key
    const changes = [...this.#changed].map(([place, entry]) => setVersion({ bucket, key, place }, entry))
    if (this.#isCurrentChanged) changes.push(setObject(bucket, key, this.#current))
    if (this.#isNullChanged) changes.push(setNullPlace(bucket, key, this.#nullPlace))
    return { changes, disposes: this.#disposes }
  }

  #at(place: string): VersionEntry | undefined {
    if (this.#changed.has(place)) return this.#changed.get(place)
    return this.#catalogue.version(this.#bucket.name, this.#key, place)
  }

  /** The newest version that is not the current object. */
  #newestOther(): VersionEntry | undefined {
    if (this.#bucket.versioning === undefined) return undefined
    const added = [...this.#changed.values()].filter((entry) => entry !== undefined).sort(byPlace)[0]
    for (;;) {
      const [row] = this.#catalogue.versions(this.#bucket.name, this.#key, this.#changedUpTo, 1)
      if (row === undefined) return added
      if (!this.#changed.has(row.place)) {
        return added !== undefined && placeOf(added) < row.place ? added : row.entry
      }
      this.#changedUpTo = row.place
    }
  }

  #setCurrent(entry: ObjectEntry | undefined): void {
    if (entry === this.#current) return
    this.#current = entry
    this.#isCurrentChanged = true
  }

  #setOther(entry: VersionEntry): void {
    const place = placeOf(entry)
    this.#changed.set(place, entry)
    if (entry.hasId !== true) this.#setNull(place)
  }

  #unsetOther(entry: VersionEntry): void {
    this.#changed.set(placeOf(entry), undefined)
    if (entry.hasId !== true) this.#setNull(undefined)
  }

  #setNull(place: string | undefined): void {
    this.#nullPlace = place
    this.#isNullChanged = true
  }

  /** Removes the null version that a new one replaces, if it is not the current object. */
  #removeOtherNull(current: ObjectEntry | undefined): void {
    const place = this.#nullPlace
    if (place === undefined) return
    const entry = this.#at(place)
    if (entry === undefined || entry === current) return
    this.#dispose(entry)
    this.#unsetOther(entry)
  }

  #dispose(entry: VersionEntry | undefined): void {
    if (entry === undefined || entry.isMarker === true) return
    this.#disposes.push(...entry.streams.map(({ file }) => file))
  }
}

function byPlace(a: VersionEntry, b: VersionEntry): number {
  return placeOf(a) < placeOf(b) ? -1 : 1
}
