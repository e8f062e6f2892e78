import { relative } from 'node:path'
import { StoreFailure } from './port.ts'
import {
  type Connections,
  parseBytes,
  parseCount,
  parseString,
  type Session,
  type Statement,
} from './postgres-connection.ts'

const SIZE_OF = { name: 'holdfast-file-size', text: 'SELECT size FROM holdfast_files WHERE path = $1' }
const CHILDREN = {
  name: 'holdfast-file-children',
  text: `SELECT DISTINCT split_part(substr(path, $3::int), '/', 1) AS name FROM holdfast_files
    WHERE path >= $1 AND path < $2`,
}
/** The parts that overlap a range, in order. */
const READ = {
  name: 'holdfast-file-read',
  text: `SELECT at, bytes FROM holdfast_file_parts
    WHERE path = $1 AND at < $3
      AND at >= coalesce((SELECT max(at) FROM holdfast_file_parts WHERE path = $1 AND at <= $2), 0)
    ORDER BY at`,
}
/** Locks the claim on a log: whoever takes it over waits for this transaction, and this one for the takeover. */
const OWN = 'UPDATE holdfast_claims SET beats = beats + 1 WHERE name = $1 AND owner = $2 RETURNING name'
const OWNED: Statement = { name: 'holdfast-file-owned', text: OWN }
const APPEND_OWNED = {
  name: 'holdfast-file-append-owned',
  text: `WITH own AS (${OWN}),
    file AS (UPDATE holdfast_files SET size = size + $7::bigint
      WHERE path = $3 AND size = $4 AND edits = $5 AND EXISTS (SELECT 1 FROM own) RETURNING path)
    INSERT INTO holdfast_file_parts (path, at, bytes) SELECT path, $4, $6 FROM file`,
}
const OPEN = {
  name: 'holdfast-file-open',
  text: `INSERT INTO holdfast_files (path, size, edits) VALUES ($1, 0, 0)
    ON CONFLICT (path) DO UPDATE SET edits = holdfast_files.edits + 1 RETURNING size, edits`,
}
const APPEND = {
  name: 'holdfast-file-append',
  text: `WITH file AS (UPDATE holdfast_files SET size = size + $5::bigint
      WHERE path = $1 AND size = $2 AND edits = $3 RETURNING path)
    INSERT INTO holdfast_file_parts (path, at, bytes) SELECT path, $2, $4 FROM file`,
}
/** Bytes of one answer. */
const READ_MAX_BYTES = 1_048_576

/** Who may write the files of a folder, and to which folders this applies. */
export type FileOwner = {
  readonly owner: string
  /** The claim that a writer of this path must hold; nothing when everybody may write it. */
  readonly claimOf: (path: string) => string | undefined
}

/**
 * Files in a database, by their paths within a folder that need not exist. A write is a transaction, so it is whole or
 * absent. The shape is that of the audit log's files (`src/audit/log/files.ts`).
 */
export class PostgresFiles {
  readonly #connections: Connections
  readonly #folder: string
  readonly #owner: FileOwner

  constructor(connections: Connections, folder: string, owner: FileOwner) {
    this.#connections = connections
    this.#folder = folder
    this.#owner = owner
  }

  /** The names in a folder; none when there is no such folder. */
  readonly list = async (folder: string): Promise<readonly string[]> => {
    const inner = this.#inner(folder)
    const prefix = inner === '' ? '' : `${inner}/`
    // In bytes, `0` follows `/`; and no path of ours begins with a character after `~`.
    const values = [prefix, inner === '' ? '~' : `${inner}0`, prefix.length + 1]
    const { rows } = await this.#connections.read(CHILDREN, values)
    return rows.map((row) => parseString(row['name']))
  }

  readonly makeFolder = async (): Promise<void> => {}

  readonly syncFolder = async (): Promise<void> => {}

  readonly sizeOf = async (path: string): Promise<number> => {
    const inner = this.#inner(path)
    const [row] = (await this.#connections.read(SIZE_OF, [inner])).rows
    if (row === undefined) throw missing(path)
    return parseCount(row['size'])
  }

  readonly openRead = async (path: string) => {
    const inner = this.#inner(path)
    await this.sizeOf(path)
    return {
      read: (into: Uint8Array, position: number) => this.#read(inner, into, position),
      close: async () => {},
    }
  }

  readonly openAppend = async (path: string) => {
    const file = new AppendedFile(this.#connections, this.#inner(path), this.#owner)
    await file.open()
    return {
      sizeBytes: async () => file.sizeBytes,
      write: (bytes: Uint8Array) => file.write(bytes),
      truncate: (sizeBytes: number) => file.truncate(sizeBytes),
      close: async () => {},
    }
  }

  readonly copyTail = async (path: string, offset: number, to: string): Promise<void> => {
    const from = await this.openRead(path)
    const copy = await this.openAppend(to)
    await copy.truncate(0)
    const buffer = new Uint8Array(READ_MAX_BYTES)
    for (let at = offset; ; ) {
      const count = await from.read(buffer, at)
      if (count === 0) return
      await copy.write(buffer.subarray(0, count))
      at += count
    }
  }

  readonly rename = async (from: string, to: string): Promise<void> => {
    const [before, after] = [this.#inner(from), this.#inner(to)]
    await this.#change(before, async (session) => {
      await removeFile(session, after)
      const { count } = await session.run('UPDATE holdfast_files SET path = $2 WHERE path = $1', [
        before,
        after,
      ])
      if (count !== 1) throw missing(from)
      await session.run('UPDATE holdfast_file_parts SET path = $2 WHERE path = $1', [before, after])
    })
  }

  readonly remove = async (path: string): Promise<void> => {
    const inner = this.#inner(path)
    await this.#change(inner, async (session) => {
      if (!(await removeFile(session, inner))) throw missing(path)
    })
  }

  #inner(path: string): string {
    return relative(this.#folder, path)
  }

  async #read(path: string, into: Uint8Array, position: number): Promise<number> {
    const end = position + Math.min(into.length, READ_MAX_BYTES)
    const { rows } = await this.#connections.read(READ, [path, position, end])
    let filled = 0
    for (const row of rows) {
      const bytes = parseBytes(row['bytes'])
      const from = position + filled - parseCount(row['at'])
      if (from < 0 || from >= bytes.length) continue
      const piece = bytes.subarray(from, from + into.length - filled)
      into.set(piece, filled)
      filled += piece.length
    }
    return filled
  }

  #change(path: string, use: (session: Session) => Promise<void>): Promise<void> {
    return changeFile(this.#connections, { path, ...this.#owner }, use)
  }
}

/** A file whose end this process writes. */
class AppendedFile {
  readonly #connections: Connections
  readonly #path: string
  readonly #owner: FileOwner
  #size = 0
  /** The number of times that the file was opened or cut: a write that is under way since before then fails. */
  #edits = 0

  constructor(connections: Connections, path: string, owner: FileOwner) {
    this.#connections = connections
    this.#path = path
    this.#owner = owner
  }

  get sizeBytes(): number {
    return this.#size
  }

  open(): Promise<void> {
    return this.#change(async (session) => {
      const [row] = (await session.run(OPEN, [this.#path])).rows
      this.#size = parseCount(row?.['size'])
      this.#edits = parseCount(row?.['edits'])
    })
  }

  /** Writes all of the bytes, or none. @throws StoreFailure; then nobody knows. */
  async write(bytes: Uint8Array): Promise<number> {
    const claim = this.#owner.claimOf(this.#path)
    const given = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const values = [this.#path, this.#size, this.#edits, given, bytes.length]
    const { count } = await this.#connections.write((session) =>
      claim === undefined
        ? session.run(APPEND, values)
        : session.run(APPEND_OWNED, [claim, this.#owner.owner, ...values]),
    )
    if (count !== 1) throw new StoreFailure(`${this.#path} is written by another process`)
    this.#size += bytes.length
    return bytes.length
  }

  async truncate(sizeBytes: number): Promise<void> {
    await this.#change(async (session) => {
      const values = [this.#path, sizeBytes]
      const { rows } = await session.run(
        `UPDATE holdfast_files SET size = $2, edits = edits + 1 WHERE path = $1 AND edits = $3 AND size >= $2
          RETURNING edits`,
        [...values, this.#edits],
      )
      const [row] = rows
      if (row === undefined) throw new StoreFailure(`${this.#path} is written by another process`)
      await session.run('DELETE FROM holdfast_file_parts WHERE path = $1 AND at >= $2', values)
      await session.run(
        `UPDATE holdfast_file_parts SET bytes = substr(bytes, 1, ($2 - at)::int)
          WHERE path = $1 AND at + length(bytes) > $2`,
        values,
      )
      this.#size = sizeBytes
      this.#edits = parseCount(row['edits'])
    })
  }

  #change(use: (session: Session) => Promise<void>): Promise<void> {
    return changeFile(this.#connections, { path: this.#path, ...this.#owner }, use)
  }
}

/** Changes files in one transaction, if this process may. @throws StoreFailure. */
function changeFile(
  connections: Connections,
  { path, owner, claimOf }: FileOwner & { readonly path: string },
  use: (session: Session) => Promise<void>,
): Promise<void> {
  return connections.write(async (session) => {
    await session.run('BEGIN')
    const claim = claimOf(path)
    if (claim !== undefined && (await session.run(OWNED, [claim, owner])).count !== 1)
      throw new StoreFailure(`another process has taken over ${claim}`)
    await use(session)
    const ended = await session.run('COMMIT')
    if (ended.command !== 'COMMIT') throw new StoreFailure('the database has rolled a change of files back')
  })
}

async function removeFile(session: Session, path: string): Promise<boolean> {
  await session.run('DELETE FROM holdfast_file_parts WHERE path = $1', [path])
  return (await session.run('DELETE FROM holdfast_files WHERE path = $1', [path])).count === 1
}

/** As that of a file system, so that readers treat both alike. */
function missing(path: string): Error {
  return Object.assign(new Error(`ENOENT: no such file in the database, '${path}'`), { code: 'ENOENT' })
}
