import { type RawChange, type RawKey, type RawStore, StoreConflict } from './port.ts'
import { type Content, resealRow, type Sealer } from './sealed.ts'

/** Rows per query of the store. */
const ROWS_AT_ONCE = 200
/** The beginning of every id. */
const ALL = new Uint8Array(0)

/** The sealers of a pass over all records. */
export type Resealing = {
  /** Seals, and opens what the current key has sealed. */
  readonly current: Sealer
  /** Opens what the current key or the one before has sealed. */
  readonly any: Sealer
}

/** What a pass looks at and reports. */
export type ResealWatch = {
  /** Called with each record, in no order. */
  readonly seen: (kind: string, content: Content) => void
  /** Called now and then with the number of records so far; may give way to calls. */
  readonly progress: (records: number) => Promise<void>
}

/** The result of a pass: a pass that has resealed nothing shows that the current key opens every record. */
export type ResealPass = { readonly records: number; readonly resealed: number }

/**
 * Seals every record again that the current key does not open. Records keep their versions, so nobody else notices;
 * a record that somebody replaces meanwhile is sealed by its writer.
 *
 * @throws IntegrityError for a record that no key opens; StoreFailure.
 */
export async function resealRecords(
  raw: RawStore,
  sealers: Resealing,
  watch: ResealWatch,
): Promise<ResealPass> {
  const pass = { records: 0, resealed: 0 }
  for (const kind of await raw.kinds()) {
    let after: Uint8Array | undefined
    do {
      const query = { prefix: ALL, limit: ROWS_AT_ONCE, ...(after === undefined ? {} : { after }) }
      const rows = await raw.range(kind, query)
      const rewrites = await resealPage(raw, rows, sealers, (content) => {
        pass.records += 1
        watch.seen(kind, content)
      })
      pass.resealed += rewrites
      await watch.progress(pass.records)
      after = rows.length < ROWS_AT_ONCE ? undefined : rows.at(-1)?.id
    } while (after !== undefined)
  }
  return pass
}

/** Returns how many records were sealed again. */
async function resealPage(
  raw: RawStore,
  keys: readonly RawKey[],
  { current, any }: Resealing,
  seen: (content: Content) => void,
): Promise<number> {
  const rewrites: RawChange[] = []
  for (const key of keys) {
    const row = await raw.get(key)
    if (row === undefined) continue
    const { content, rewrite } = resealRow(current, any, row)
    seen(content)
    if (rewrite !== undefined) rewrites.push(rewrite)
  }
  await Promise.all(rewrites.map((rewrite) => commitOne(raw, rewrite)))
  return rewrites.length
}

/** One at a time, since a record that has changed meanwhile must not hold up the others. */
async function commitOne(raw: RawStore, rewrite: RawChange): Promise<void> {
  try {
    await raw.commit([rewrite])
  } catch (error) {
    if (!(error instanceof StoreConflict)) throw error
  }
}
