import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { toHex } from '../base/bytes.ts'
import { FEED_KEPT_PER_SHARD, type RawChange, versionAfter } from './port.ts'
import { connect, parseInteger, reasonOf } from './sqlite-file.ts'

/** The result of one commit of a group. */
export type Outcome =
  | { readonly kind: 'done'; readonly sequences: readonly number[] }
  | { readonly kind: 'conflict'; readonly message: string }
  | { readonly kind: 'failure'; readonly message: string }

/**
 * The only writer of a process: commits groups, each in one transaction with one sync.
 *
 * States: connected, or not (at first, and after a failure until the next group).
 */
export class Committer {
  readonly #path: string
  #connection: Connection | undefined

  constructor(path: string) {
    this.#path = path
  }

  /**
   * Applies each commit, except those with a record that is not at its expected version. When the engine
   * fails, none is applied.
   */
  commit(group: readonly (readonly RawChange[])[]): readonly Outcome[] {
    try {
      this.#connection ??= open(this.#path)
      return commitGroup(this.#connection, group)
    } catch (error) {
      this.#disconnect()
      this.#overwriteRemains()
      const outcome: Outcome = { kind: 'failure', message: reasonOf(error) }
      return group.map(() => outcome)
    }
  }

  /** Moves what it can of the write-ahead log into the database, so that others find a short one. */
  close(): void {
    try {
      this.#connection?.database.exec('PRAGMA wal_checkpoint(PASSIVE)')
    } finally {
      this.#disconnect()
    }
  }

  /** Drops a connection that has failed. Closing it rolls back. */
  #disconnect(): void {
    const connection = this.#connection
    this.#connection = undefined
    connection?.database.close()
  }

  /**
   * Overwrites the rest of a failed commit. A commit whose sync failed may be whole in the write-ahead log,
   * beyond its end: recovery after a crash would find it and restore what was reported as failed. The next
   * transaction overwrites it; this is one. While the disk still fails, the next group is.
   */
  #overwriteRemains(): void {
    try {
      this.#connection = open(this.#path)
      this.#connection.database.exec("UPDATE meta SET value = value + 1 WHERE name = 'failures'")
    } catch {
      this.#disconnect()
    }
  }
}

type Connection = {
  readonly database: DatabaseSync
  readonly begin: StatementSync
  readonly end: StatementSync
  readonly rollback: StatementSync
  readonly version: StatementSync
  readonly put: StatementSync
  readonly remove: StatementSync
  readonly head: StatementSync
  readonly advance: StatementSync
  readonly append: StatementSync
  readonly trim: StatementSync
}

function open(path: string): Connection {
  const database = connect(path)
  return {
    database,
    begin: database.prepare('BEGIN IMMEDIATE'),
    end: database.prepare('COMMIT'),
    rollback: database.prepare('ROLLBACK'),
    version: database.prepare('SELECT version FROM records WHERE kind = ? AND id = ?'),
    put: database.prepare(
      `INSERT INTO records (kind, id, version, value) VALUES (?, ?, ?, ?)
       ON CONFLICT (kind, id) DO UPDATE SET version = excluded.version, value = excluded.value`,
    ),
    remove: database.prepare('DELETE FROM records WHERE kind = ? AND id = ?'),
    head: database.prepare('SELECT sequence FROM heads WHERE shard = ?'),
    advance: database.prepare(
      `INSERT INTO heads (shard, sequence) VALUES (?, ?)
       ON CONFLICT (shard) DO UPDATE SET sequence = excluded.sequence`,
    ),
    append: database.prepare('INSERT INTO feed (shard, sequence, kind, id) VALUES (?, ?, ?, ?)'),
    trim: database.prepare('DELETE FROM feed WHERE shard = ? AND sequence <= ?'),
  }
}

function commitGroup(connection: Connection, group: readonly (readonly RawChange[])[]): readonly Outcome[] {
  connection.begin.run()
  const outcomes: Outcome[] = []
  const heads: Heads = new Map()
  for (const changes of group) {
    const conflict = changes.find((change) => versionOf(connection, change) !== change.expected)
    if (conflict === undefined) {
      outcomes.push({ kind: 'done', sequences: changes.map((change) => apply(connection, heads, change)) })
    } else {
      const message = `${conflict.kind} ${toHex(conflict.id)} is not at version ${conflict.expected}`
      outcomes.push({ kind: 'conflict', message })
    }
  }
  for (const [shard, sequence] of heads) {
    connection.advance.run(shard, sequence)
    connection.trim.run(shard, sequence - FEED_KEPT_PER_SHARD)
  }
  const end = outcomes.some(({ kind }) => kind === 'done') ? connection.end : connection.rollback
  end.run()
  return outcomes
}

function versionOf({ version }: Connection, { kind, id }: RawChange): number {
  const row = version.get(kind, id)
  return row === undefined ? 0 : parseInteger(row['version'])
}

/** The sequence of a change that the feed does not name. */
const NO_SEQUENCE = 0

/** The last sequences of the shards that a group has changed, written once for all of them. */
type Heads = Map<number, number>

/** Returns the sequence of the change in its shard's feed. */
function apply({ put, remove, head, append }: Connection, heads: Heads, change: RawChange): number {
  const { kind, id, shard, value } = change
  if (value === undefined) remove.run(kind, id)
  else put.run(kind, id, versionAfter(change), value)
  if (change.isRewrite === true) return NO_SEQUENCE
  const sequence = (heads.get(shard) ?? headOf(head, shard)) + 1
  heads.set(shard, sequence)
  append.run(shard, sequence, kind, id)
  return sequence
}

function headOf(head: StatementSync, shard: number): number {
  const row = head.get(shard)
  return row === undefined ? 0 : parseInteger(row['sequence'])
}
