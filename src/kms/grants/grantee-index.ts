import { assert, present } from '../../base/assert.ts'
import { type Change, insert, type Records, remove, replace, type Stored } from '../../store/records.ts'
import { GRANTEE_CHUNK, type GranteeChunkValue } from './grant-record.ts'

/** Ids per chunk: reading one takes some 35 KB. */
export const CHUNK_MAX_IDS = 500

/** Where the ids of a grantee's grants on a key are. */
export type GranteePlace = {
  /** See `grantPartition`. */
  readonly partition: string
  /** See `partyName`. */
  readonly grantee: string
}

/** The chunks of a grantee's grants, from the cache if it has them. */
export async function granteeChunks(
  records: Records,
  place: GranteePlace,
): Promise<readonly Stored<GranteeChunkValue>[]> {
  const first = await readChunk(records, place, 0)
  if (first === undefined) return []
  const chunks = [first]
  const count = chunksOf(first.value.total ?? 0)
  for (let at = 1; at < count; at += 1) {
    const chunk = await readChunk(records, place, at)
    if (chunk !== undefined) chunks.push(chunk)
  }
  return chunks
}

/** The changes that add one id. */
export async function addToIndex(
  records: Records,
  place: GranteePlace,
  grantId: string,
): Promise<readonly Change[]> {
  const first = await readChunk(records, place, 0)
  const total = first?.value.total ?? 0
  const last = Math.floor(total / CHUNK_MAX_IDS)
  const draft = new Draft(place)
  draft.take(0, first)
  if (last > 0) draft.take(last, await readChunk(records, place, last))
  draft.idsOf(last).push(grantId)
  return draft.changes(total + 1)
}

/** The changes that remove one id: the last id takes its place. */
export async function removeFromIndex(
  records: Records,
  place: GranteePlace,
  grantId: string,
): Promise<readonly Change[]> {
  const chunks = await granteeChunks(records, place)
  const found = chunks.findIndex(({ value }) => value.grantIds.includes(grantId))
  assert(found >= 0, 'a grant that is not in the index of its grantee')
  const last = chunks.length - 1
  const draft = new Draft(place)
  for (const at of new Set([0, found, last])) draft.take(at, chunks[at])
  const moved = present(draft.idsOf(last).pop(), 'the last id of a chunk')
  const ids = draft.idsOf(found)
  const at = ids.indexOf(grantId)
  if (at >= 0) ids[at] = moved
  return draft.changes((chunks[0]?.value.total ?? 0) - 1)
}

/** Chunks that will change. */
class Draft {
  readonly #place: GranteePlace
  readonly #records = new Map<number, Stored<GranteeChunkValue> | undefined>()
  readonly #ids = new Map<number, string[]>()

  constructor(place: GranteePlace) {
    this.#place = place
  }

  take(at: number, record: Stored<GranteeChunkValue> | undefined): void {
    this.#records.set(at, record)
    this.#ids.set(at, [...(record?.value.grantIds ?? [])])
  }

  idsOf(at: number): string[] {
    const ids = this.#ids.get(at) ?? []
    this.#ids.set(at, ids)
    return ids
  }

  changes(total: number): readonly Change[] {
    return [...this.#ids].flatMap(([at, grantIds]) => this.#change(at, grantIds, total))
  }

  #change(at: number, grantIds: readonly string[], total: number): readonly Change[] {
    const record = this.#records.get(at)
    const value: GranteeChunkValue = { format: 1, grantIds, ...(at === 0 && { total }) }
    if (record === undefined) {
      const { partition, grantee } = this.#place
      return [insert(GRANTEE_CHUNK, partition, chunkName(grantee, at), value)]
    }
    return [grantIds.length === 0 ? remove(record) : replace(record, value)]
  }
}

async function readChunk(
  records: Records,
  { partition, grantee }: GranteePlace,
  at: number,
): Promise<Stored<GranteeChunkValue> | undefined> {
  const name = chunkName(grantee, at)
  return records.peek(GRANTEE_CHUNK, partition, name) ?? (await records.get(GRANTEE_CHUNK, partition, name))
}

function chunkName(grantee: string, at: number): string {
  return `${at}/${grantee}`
}

function chunksOf(total: number): number {
  return Math.max(1, Math.ceil(total / CHUNK_MAX_IDS))
}
