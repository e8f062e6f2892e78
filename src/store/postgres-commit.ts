import { charsOf, toHex } from '../base/bytes.ts'
import { FEED_KEPT_PER_SHARD, type RawChange, type RawKey, versionAfter } from './port.ts'
import { parseBytes, parseCount, parseString, type Session } from './postgres-connection.ts'

/** The result of one commit of a group. */
export type GroupOutcome =
  | { readonly kind: 'done'; readonly sequences: readonly number[] }
  | { readonly kind: 'conflict'; readonly message: string }

/** The commits of a group, and what the handle writes with them to learn later whether they were made. */
export type Group = {
  readonly writer: string
  readonly ticket: number
  readonly commits: readonly (readonly RawChange[])[]
}

/** A record was inserted or changed by another process between the statements of a group: run the group again. */
export class GroupRaced extends Error {
  override readonly name = 'GroupRaced'
}

/** Another holder has taken the lease; nothing has changed. */
export class WriterFenced extends Error {
  override readonly name = 'WriterFenced'
}

const TICKET = {
  name: 'holdfast-ticket',
  text: 'UPDATE holdfast_writers SET ticket = $2 WHERE id = $1 AND NOT fenced',
}
const LOCK = {
  name: 'holdfast-lock',
  text: `SELECT r.kind, r.id, r.version FROM holdfast_records AS r
    JOIN unnest($1::text[], $2::bytea[]) AS c (kind, id) ON r.kind = c.kind AND r.id = c.id
    ORDER BY r.kind, r.id FOR UPDATE OF r`,
}
const DELETE = {
  name: 'holdfast-delete',
  text: `DELETE FROM holdfast_records AS r USING unnest($1::text[], $2::bytea[]) AS c (kind, id)
    WHERE r.kind = c.kind AND r.id = c.id`,
}
const UPDATE = {
  name: 'holdfast-update',
  text: `UPDATE holdfast_records AS r SET version = c.version, value = c.value
    FROM unnest($1::text[], $2::bytea[], $3::bigint[], $4::bytea[]) AS c (kind, id, version, value)
    WHERE r.kind = c.kind AND r.id = c.id`,
}
const INSERT = {
  name: 'holdfast-insert',
  text: `INSERT INTO holdfast_records (kind, id, version, value)
    SELECT c.kind, c.id, c.version, c.value
    FROM unnest($1::text[], $2::bytea[], $3::bigint[], $4::bytea[]) AS c (kind, id, version, value)
    ORDER BY c.kind, c.id ON CONFLICT DO NOTHING`,
}
const ADVANCE = {
  name: 'holdfast-advance',
  text: `INSERT INTO holdfast_heads (shard, sequence)
    SELECT c.shard, c.lines FROM unnest($1::int[], $2::bigint[]) AS c (shard, lines) ORDER BY c.shard
    ON CONFLICT (shard) DO UPDATE SET sequence = holdfast_heads.sequence + excluded.sequence
    RETURNING shard, sequence`,
}
const APPEND = {
  name: 'holdfast-append',
  text: `INSERT INTO holdfast_feed (shard, sequence, kind, id)
    SELECT c.shard, c.sequence, c.kind, c.id
    FROM unnest($1::int[], $2::bigint[], $3::text[], $4::bytea[]) AS c (shard, sequence, kind, id)`,
}
const TRIM = {
  name: 'holdfast-trim',
  text: `DELETE FROM holdfast_feed AS f USING unnest($1::int[], $2::bigint[]) AS c (shard, until)
    WHERE f.shard = c.shard AND f.sequence <= c.until`,
}
const TICKET_OF = {
  name: 'holdfast-ticket-of',
  text: 'SELECT ticket FROM holdfast_writers WHERE id = $1 FOR UPDATE',
}
/** A shard's feed is trimmed each time that it has grown by so many lines. */
const TRIM_EVERY = 64

/**
 * Runs a group in one transaction, up to its COMMIT, which the caller sends. Locks are always taken in the same order:
 * records by kind and id, then shards.
 *
 * @throws GroupRaced, WriterFenced, and what the driver throws; the caller ends the transaction.
 */
export async function runGroup(session: Session, group: Group): Promise<readonly GroupOutcome[]> {
  await session.run('BEGIN ISOLATION LEVEL READ COMMITTED')
  await takeTicket(session, group)
  const plan = new Plan(await lockedVersions(session, group.commits.flat()))
  const decided = group.commits.map((changes) => plan.decide(changes))
  if (plan.lines.length === 0) return decided.map((conflict) => conflict ?? doneAt([]))
  await writeRecords(session, plan)
  const places = await writeFeed(session, plan.lines)
  let at = 0
  return decided.map((conflict, index) => {
    if (conflict !== undefined) return conflict
    const begin = at
    at += group.commits[index]?.length ?? 0
    return doneAt(places.slice(begin, at))
  })
}

/** Writes a ticket of a handle, whose transaction no other holder of the lease can follow. @throws WriterFenced. */
export async function takeTicket(
  session: Session,
  { writer, ticket }: Pick<Group, 'writer' | 'ticket'>,
): Promise<void> {
  const { count } = await session.run(TICKET, [writer, ticket])
  if (count !== 1) throw new WriterFenced('the handle was fenced')
}

/**
 * Whether the group with this ticket was made. Waits for the end of its transaction, so that the answer stays true.
 *
 * @throws WriterFenced when nobody knows any more; what the driver throws.
 */
export async function wasMade(session: Session, writer: string, ticket: number): Promise<boolean> {
  const [row] = (await session.run(TICKET_OF, [writer])).rows
  if (row === undefined) throw new WriterFenced('the handle was forgotten')
  return parseCount(row['ticket']) === ticket
}

function doneAt(sequences: readonly number[]): GroupOutcome {
  return { kind: 'done', sequences }
}

async function lockedVersions(
  session: Session,
  changes: readonly RawChange[],
): Promise<ReadonlyMap<string, number>> {
  const keys = new Map(changes.map((change) => [keyOf(change), change]))
  const values = columns([...keys.values()], ({ kind }) => kind, idOf)
  const { rows } = await session.run(LOCK, values)
  return new Map(
    rows.map((row) => {
      const key = { kind: parseString(row['kind']), id: parseBytes(row['id']) }
      return [keyOf(key), parseCount(row['version'])]
    }),
  )
}

/** A record as it will be after the group. */
type Target = RawKey & { readonly version: number; readonly value: Uint8Array | undefined }

/** What the commits of a group do to the records, one after the other. */
class Plan {
  readonly #before: ReadonlyMap<string, number>
  readonly #targets = new Map<string, Target>()
  /** Each change that is made, in order: the lines of the feed, and rewrites, which the feed does not name. */
  readonly lines: RawChange[] = []

  constructor(before: ReadonlyMap<string, number>) {
    this.#before = before
  }

  /** Takes a commit, or returns why it conflicts. */
  decide(changes: readonly RawChange[]): GroupOutcome | undefined {
    for (const change of changes) {
      const version = this.#versionOf(keyOf(change))
      if (version === change.expected) continue
      const message = `record ${change.kind} ${toHex(change.id)} is at version ${version}, not ${change.expected}`
      return { kind: 'conflict', message }
    }
    for (const change of changes) {
      const { kind, id, value } = change
      const version = value === undefined ? 0 : versionAfter(change)
      this.#targets.set(keyOf(change), { kind, id, version, value })
    }
    this.lines.push(...changes)
    return undefined
  }

  /** Records that exist and will not. */
  get removed(): readonly Target[] {
    return this.#select((target, existed) => existed && target.value === undefined)
  }

  /** Records that exist and will have another version. */
  get replaced(): readonly Target[] {
    return this.#select((target, existed) => existed && target.value !== undefined)
  }

  /** Records that do not exist and will. */
  get inserted(): readonly Target[] {
    return this.#select((target, existed) => !existed && target.value !== undefined)
  }

  #versionOf(key: string): number {
    return this.#targets.get(key)?.version ?? this.#before.get(key) ?? 0
  }

  #select(fits: (target: Target, existed: boolean) => boolean): readonly Target[] {
    return [...this.#targets].flatMap(([key, target]) =>
      fits(target, this.#before.has(key)) ? [target] : [],
    )
  }
}

async function writeRecords(session: Session, { removed, replaced, inserted }: Plan): Promise<void> {
  await change(
    session,
    DELETE,
    removed,
    columns(removed, ({ kind }) => kind, idOf),
  )
  await change(session, UPDATE, replaced, recordColumns(replaced))
  await change(session, INSERT, inserted, recordColumns(inserted))
}

function recordColumns(targets: readonly Target[]): readonly unknown[] {
  const whole = columns<Target>(
    targets,
    ({ kind }) => kind,
    idOf,
    ({ version }) => version,
    ({ value }) => Buffer.from(value ?? []),
  )
  return whole
}

async function change(
  session: Session,
  statement: typeof DELETE,
  targets: readonly Target[],
  values: readonly unknown[],
): Promise<void> {
  if (targets.length === 0) return
  const { count } = await session.run(statement, values)
  if (count !== targets.length) throw new GroupRaced(`${count} of ${targets.length} records were changed`)
}

/** The sequence of a change that the feed does not name. */
const NO_SEQUENCE = 0

/** Whether the feed names a change. */
function isNamed({ isRewrite }: RawChange): boolean {
  return isRewrite !== true
}

/** Returns the sequence of each line in its shard. */
async function writeFeed(session: Session, lines: readonly RawChange[]): Promise<readonly number[]> {
  const counts = new Map<number, number>()
  for (const { shard } of lines.filter(isNamed)) counts.set(shard, (counts.get(shard) ?? 0) + 1)
  if (counts.size === 0) return lines.map(() => NO_SEQUENCE)
  const { rows } = await session.run(
    ADVANCE,
    columns(
      [...counts],
      ([shard]) => shard,
      ([, count]) => count,
    ),
  )
  const heads = new Map(rows.map((row) => [parseCount(row['shard']), parseCount(row['sequence'])]))
  const next = new Map([...counts].map(([shard, count]) => [shard, (heads.get(shard) ?? 0) - count + 1]))
  const sequences = lines.map((line) => {
    const { shard } = line
    if (!isNamed(line)) return NO_SEQUENCE
    const sequence = next.get(shard) ?? 0
    next.set(shard, sequence + 1)
    return sequence
  })
  const placed = lines
    .map((line, index) => ({ line, sequence: sequences[index] }))
    .filter(({ line }) => isNamed(line))
  const values = columns(
    placed,
    ({ line }) => line.shard,
    ({ sequence }) => sequence,
    ({ line }) => line.kind,
    ({ line }) => idOf(line),
  )
  await session.run(APPEND, values)
  await trimFeed(session, heads, counts)
  return sequences
}

async function trimFeed(
  session: Session,
  heads: ReadonlyMap<number, number>,
  counts: ReadonlyMap<number, number>,
): Promise<void> {
  const stepOf = (sequence: number): number => Math.floor(sequence / TRIM_EVERY)
  const grown = [...heads].filter(
    ([shard, head]) => head > FEED_KEPT_PER_SHARD && stepOf(head) !== stepOf(head - (counts.get(shard) ?? 0)),
  )
  if (grown.length === 0) return
  await session.run(
    TRIM,
    columns(
      grown,
      ([shard]) => shard,
      ([, head]) => head - FEED_KEPT_PER_SHARD,
    ),
  )
}

/** The values of some columns of rows, as arrays for `unnest`. */
function columns<R>(rows: readonly R[], ...of: readonly ((row: R) => unknown)[]): readonly unknown[] {
  return of.map((value) => rows.map(value))
}

/** The driver takes bytes in an array as a Buffer. */
function idOf({ id }: RawKey): Buffer {
  return Buffer.from(id.buffer, id.byteOffset, id.byteLength)
}

function keyOf({ kind, id }: RawKey): string {
  return `${kind}:${charsOf(id, { begin: 0, end: id.length })}`
}
