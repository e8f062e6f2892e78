import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { Gathered } from './index-gathered.ts'
import type {
  CountQuestion,
  EventEntry,
  EventIndex,
  EventQuestion,
  FoundEvent,
  IndexBatch,
  IndexPosition,
  LastUse,
  LastUseRow,
  LastUsesQuestion,
  Series,
  TouchRow,
  UsageQuestion,
  UsageRow,
} from './index-port.ts'
import { TOUCH_ROWS_MAX } from './index-port.ts'
import { StoreFailure } from './port.ts'
import {
  blocksOf,
  countKeys,
  encodeDistances,
  KEYS_PER_SECOND,
  newestKeys,
  SPAN_KEYS,
} from './posting-block.ts'
import { parseInteger, parseText, reasonOf } from './sqlite-file.ts'
import { connectIndex, INDEX_FILE } from './sqlite-index-file.ts'
import { parseFound, parsePosition, parseTouch, parseUsage } from './sqlite-index-rows.ts'

/** Seconds whose last key is cached. */
const SECONDS_MAX = 4096
/** Terms and series whose numbers are cached. */
const NUMBERS_MAX = 32_768

const DERIVED = [
  'positions',
  'segments',
  'terms',
  'events',
  'postings',
  'ids',
  'last_uses',
  'series',
  'touches',
  'usage',
]
const SECONDS_PER_HOUR = 3600
/** No limit. Source: SQLite, "SELECT", the LIMIT clause. */
const ALL = -1

/**
 * Opens the index of a folder; makes it when there is none. If `rebuild` allows it, removes an index that
 * cannot be read or has another layout, and makes it anew.
 *
 * @throws StoreFailure.
 */
export function openIndex(folder: string, rebuild: boolean): EventIndex {
  const path = join(folder, INDEX_FILE)
  try {
    return new SqliteIndex(connectIndex(folder, path))
  } catch (error) {
    if (!rebuild) throw new StoreFailure(`${path} cannot be opened: ${reasonOf(error)}`, { cause: error })
  }
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true })
  return new SqliteIndex(connectIndex(folder, path))
}

class SqliteIndex implements EventIndex {
  readonly #database: DatabaseSync
  readonly #statements: Statements
  /** The last key of each second. */
  readonly #lastKeys = new Map<number, number>()
  readonly #terms = new Map<string, number>()
  readonly #series = new Map<string, number>()
  /** The numbers of series that events share. */
  #shared = new WeakMap<Series, number>()

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#statements = prepare(database)
  }

  positions(): ReadonlyMap<string, IndexPosition> {
    return new Map(this.#statements.positions.all().map(parsePosition))
  }

  add(batches: readonly IndexBatch[], positions: ReadonlyMap<string, IndexPosition>): void {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const gathered = new Gathered()
      for (const batch of batches) this.#gather(batch, gathered)
      this.#write(gathered)
      const { setPosition } = this.#statements
      for (const [node, { segment, offset, line, sequence, mac }] of positions)
        setPosition.run(node, segment, offset, line, sequence, mac)
      this.#database.exec('COMMIT')
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      this.#forget()
      throw new StoreFailure(`the index cannot be written: ${reasonOf(error)}`, { cause: error })
    }
  }

  find({ term, fromSecond, toSecond, after, limit }: EventQuestion): readonly FoundEvent[] {
    const number = this.#statements.findTerm.get(term)
    if (number === undefined) return []
    const from = fromSecond * KEYS_PER_SECOND
    const end = Math.min((toSecond + 1) * KEYS_PER_SECOND, after ?? Number.MAX_SAFE_INTEGER)
    const rows = this.#statements.findBlocks.iterate(parseInteger(number['id']), from, end + SPAN_KEYS, end)
    const keys = newestKeys(rows, { from, end, limit })
    return keys.flatMap((key) => this.#statements.findPlace.all(key).map(parseFound))
  }

  counts({ term, fromSecond, period, periods }: CountQuestion): readonly number[] {
    const counts = new Array<number>(periods).fill(0)
    const number = this.#statements.findTerm.get(term)
    if (number === undefined) return counts
    const from = fromSecond * KEYS_PER_SECOND
    const keysPerPeriod = period * KEYS_PER_SECOND
    const end = from + periods * keysPerPeriod
    const rows = this.#statements.findBlocks.iterate(parseInteger(number['id']), from, end + SPAN_KEYS, end)
    countKeys(rows, { from, end, keysPerPeriod }, counts)
    return counts
  }

  findById(idPrefix: number): readonly FoundEvent[] {
    return this.#statements.findById.all(idPrefix).map(parseFound)
  }

  lastUse(key: string): LastUse | undefined {
    const row = this.#statements.lastUse.get(key)
    return (
      row && {
        operation: parseText(row['operation']),
        second: parseInteger(row['second']),
        eventId: parseText(row['event_id']),
        requestId: parseText(row['request_id']),
      }
    )
  }

  lastUses({ account, region, fromSecond }: LastUsesQuestion): readonly LastUseRow[] {
    const keys = `arn:aws:kms:${region}:${account}:key`
    // Every ARN of a key is between these: `/` comes before `0`.
    return this.#statements.lastUses
      .all(`${keys}/`, `${keys}0`, fromSecond)
      .map((row) => ({ key: parseText(row['key']), second: parseInteger(row['second']) }))
  }

  usage(question: UsageQuestion): readonly UsageRow[] {
    const { fromHour, toHour, account = '', key = '', hoursPerRow = 1, limit = ALL } = question
    const rows = this.#statements.usage.all(hoursPerRow, fromHour, toHour, account, key, limit)
    return rows.map(parseUsage)
  }

  touches(key: string): readonly TouchRow[] {
    return this.#statements.touches.all(key, TOUCH_ROWS_MAX).map(parseTouch)
  }

  scopes(): ReturnType<EventIndex['scopes']> {
    const rows = this.#statements.scopes.all()
    return rows.map((row) => ({ account: parseText(row['account']), region: parseText(row['region']) }))
  }

  clear(): void {
    this.#forget()
    this.#database.exec(
      `BEGIN IMMEDIATE; ${DERIVED.map((table) => `DELETE FROM ${table};`).join(' ')}
       UPDATE meta SET value = 0 WHERE name = 'rebuild'; COMMIT`,
    )
  }

  count(): number {
    return parseInteger(this.#statements.count.get()?.['events'])
  }

  rebuildAsked(): boolean {
    return parseInteger(this.#statements.rebuildAsked.get()?.['value']) !== 0
  }

  askForRebuild(): void {
    this.#database.exec("UPDATE meta SET value = 1 WHERE name = 'rebuild'")
  }

  close(): void {
    this.#database.close()
  }

  #forget(): void {
    this.#lastKeys.clear()
    this.#terms.clear()
    this.#series.clear()
    this.#shared = new WeakMap()
  }

  #gather({ node, segment, entries }: IndexBatch, into: Gathered): void {
    const { makeSegment, addEvent } = this.#statements
    const number = parseInteger(makeSegment.get(node, segment)?.['id'])
    for (const entry of entries) {
      const key = this.#nextKey(entry.second)
      addEvent.run(key, number, entry.offset, entry.sizeBytes)
      for (const term of entry.terms) into.post(this.#termNumber(term), key)
      into.ids.push([entry.idPrefix, key])
      this.#use(entry, into)
    }
  }

  #use(entry: EventEntry, into: Gathered): void {
    const hour = Math.floor(entry.second / SECONDS_PER_HOUR)
    for (const use of entry.uses) {
      const series = this.#seriesNumber(use.series)
      into.count(series, hour, use.failed)
      if (use.touch !== undefined && use.isLook !== true) into.touch(series, entry, use)
      if (use.isLast) into.last(entry, use)
    }
  }

  /** Writes rows in the order of their tables, which is several times faster than in that of events. */
  #write({ postings, ids, hours, touches, lastUses }: Gathered): void {
    const { addPosting, addId, addUsage, addTouch, setLastUse } = this.#statements
    for (const [term, keys] of postings) {
      for (const block of blocksOf(keys))
        addPosting.run(term, block.at(-1) ?? 0, block[0] ?? 0, encodeDistances(block))
    }
    for (const [prefix, key] of ids.sort(([a], [b]) => a - b)) addId.run(prefix, key)
    for (const { hour, series, calls, failures } of hours.values())
      addUsage.run(hour, series, calls, failures)
    for (const { series, touch, failed, calls, first, last, eventId } of touches.values()) {
      const { material, opened, address } = touch
      addTouch.run(series, material, Number(opened), address, Number(failed), calls, first, last, eventId)
    }
    for (const [key, { operation, second, eventId, requestId }] of lastUses)
      setLastUse.run(key, second, operation, eventId, requestId)
  }

  #nextKey(second: number): number {
    const first = second * KEYS_PER_SECOND
    let last = this.#lastKeys.get(second)
    if (last === undefined) {
      const row = this.#statements.lastKey.get(first + KEYS_PER_SECOND)
      const found = row === undefined ? undefined : parseInteger(row['id'])
      last = found !== undefined && found >= first ? found : first - 1
      if (this.#lastKeys.size >= SECONDS_MAX) this.#lastKeys.clear()
    }
    this.#lastKeys.set(second, last + 1)
    return last + 1
  }

  #termNumber(text: string): number {
    const known = this.#terms.get(text)
    if (known !== undefined) return known
    const { findTerm, addTerm } = this.#statements
    const row = findTerm.get(text) ?? addTerm.get(text)
    return remember(this.#terms, text, parseInteger(row?.['id']))
  }

  #seriesNumber(series: Series): number {
    const shared = this.#shared.get(series)
    if (shared !== undefined) return shared
    const { account, region, key, principal, source, operation, variant } = series
    const texts = [account, region, key, principal, source, operation, variant]
    const name = texts.join('\n')
    let number = this.#series.get(name)
    if (number === undefined) {
      const { findSeries, addSeries } = this.#statements
      const row = findSeries.get(...texts) ?? addSeries.get(...texts)
      number = remember(this.#series, name, parseInteger(row?.['id']))
    }
    this.#shared.set(series, number)
    return number
  }
}

function remember(numbers: Map<string, number>, text: string, number: number): number {
  if (numbers.size >= NUMBERS_MAX) numbers.clear()
  numbers.set(text, number)
  return number
}

type Statements = Readonly<Record<keyof ReturnType<typeof prepare>, StatementSync>>

function prepare(database: DatabaseSync) {
  const sql = (text: string): StatementSync => database.prepare(text)
  return {
    positions: sql('SELECT node, segment, offset, line, sequence, mac FROM positions'),
    setPosition: sql(
      'INSERT OR REPLACE INTO positions (node, segment, offset, line, sequence, mac) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    makeSegment: sql(
      'INSERT INTO segments (node, first) VALUES (?, ?) ON CONFLICT DO UPDATE SET first = excluded.first RETURNING id',
    ),
    addEvent: sql('INSERT INTO events (id, segment, offset, size) VALUES (?, ?, ?, ?)'),
    addPosting: sql('INSERT INTO postings (term, last, first, distances) VALUES (?, ?, ?, ?)'),
    addId: sql('INSERT OR IGNORE INTO ids (prefix, event) VALUES (?, ?)'),
    findTerm: sql('SELECT id FROM terms WHERE text = ?'),
    addTerm: sql('INSERT INTO terms (text) VALUES (?) RETURNING id'),
    findSeries: sql(
      'SELECT id FROM series WHERE account = ? AND region = ? AND key = ? AND principal = ? AND source = ? AND operation = ? AND variant = ?',
    ),
    addSeries: sql(
      'INSERT INTO series (account, region, key, principal, source, operation, variant) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id',
    ),
    addUsage: sql(
      `INSERT INTO usage (hour, series, calls, failures) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, failures = failures + excluded.failures`,
    ),
    addTouch: sql(
      `INSERT INTO touches (series, material, opened, address, failed, calls, first, last, event_id)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, first = min(first, excluded.first),
         event_id = iif(excluded.last >= last, excluded.event_id, event_id), last = max(last, excluded.last)`,
    ),
    touches: sql(
      `SELECT account, principal, source, operation, material, opened, address, failed, calls, touches.first, last,
         event_id
       FROM series JOIN touches ON touches.series = series.id WHERE key = ?
       ORDER BY last DESC, series.id, material, opened, address, failed LIMIT ?`,
    ),
    setLastUse: sql(
      `INSERT INTO last_uses (key, second, operation, event_id, request_id) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET second = excluded.second, operation = excluded.operation,
         event_id = excluded.event_id, request_id = excluded.request_id
       WHERE excluded.second >= second`,
    ),
    lastUse: sql('SELECT second, operation, event_id, request_id FROM last_uses WHERE key = ?'),
    lastUses: sql('SELECT key, second FROM last_uses WHERE key > ? AND key < ? AND second >= ?'),
    lastKey: sql('SELECT id FROM events WHERE id < ? ORDER BY id DESC LIMIT 1'),
    findBlocks: sql(
      'SELECT last, first, distances FROM postings WHERE term = ? AND last >= ? AND last < ? AND first < ? ORDER BY last DESC',
    ),
    findPlace: sql(
      `SELECT events.id AS id, node, first, offset, size FROM events
       JOIN segments ON segments.id = events.segment WHERE events.id = ?`,
    ),
    findById: sql(
      `SELECT event AS id, node, first, offset, size FROM ids
       JOIN events ON events.id = event JOIN segments ON segments.id = events.segment
       WHERE prefix = ? ORDER BY event DESC`,
    ),
    usage: sql(
      // SQLite binds a number as a REAL, and a division by one would not round.
      `SELECT usage.hour / CAST(?1 AS INTEGER) * CAST(?1 AS INTEGER) AS hour, account, region, key, principal, source, operation, variant,
         sum(calls) AS calls, sum(failures) AS failures
       FROM usage JOIN series ON series.id = usage.series
       WHERE usage.hour >= ?2 AND usage.hour < ?3 AND (?4 = '' OR account = ?4) AND (?5 = '' OR key = ?5)
       GROUP BY usage.hour / CAST(?1 AS INTEGER), series.id ORDER BY 1, series.id LIMIT ?6`,
    ),
    scopes: sql('SELECT DISTINCT account, region FROM series ORDER BY account, region'),
    count: sql('SELECT count(*) AS events FROM events'),
    rebuildAsked: sql("SELECT value FROM meta WHERE name = 'rebuild'"),
  }
}
