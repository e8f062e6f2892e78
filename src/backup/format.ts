/** The file of a backup: `docs/reference/formats/backup.md`. */

import { concatBytes, fromUtf8, uint32, utf8 } from '../base/bytes.ts'
import { parseJsonText } from '../base/json-text.ts'
import type { Secret } from '../base/secret.ts'
import { GCM_IV_BYTES, GCM_TAG_BYTES, openGcm, sealGcm } from '../crypto/aead.ts'
import { sha256 } from '../crypto/hash.ts'
import type { HmacKey } from '../crypto/hmac.ts'
import { counterLabel, deriveByCounter } from '../crypto/kdf.ts'

/** The purpose of the key of backups, for `deriveKey`. */
export const BACKUP_KEY_INFO = 'holdfast/backup/1'
/** Plaintext bytes of a chunk; the last one may be shorter. */
export const CHUNK_BYTES = 65_536
/** The size of the header's text: an envelope has at most 4 MiB. */
const HEADER_MAX_BYTES = 8_388_608
const ID_HEX = /^[0-9a-f]{32}$/
const MAGIC_NAME = 'HOLDFAST-BACKUP:'
const MAGIC = `${MAGIC_NAME}1\n`
const LABEL = counterLabel('holdfast/backup/1/file')
const SEALED_CHUNK_BYTES = CHUNK_BYTES + GCM_TAG_BYTES
const LENGTH_BYTES = 4

/** The part of a backup that is in clear. It is authenticated by the chunks after it. */
export type BackupHeader = {
  /** 32 hexadecimal digits, random. */
  readonly id: string
  /** The id of the deployment. */
  readonly deployment: string
  /** ISO 8601. */
  readonly createdAt: string
  /** The release that made it. */
  readonly release: string
  /** The id of the whole backup that has the rest of the audit log; nothing in a whole one. */
  readonly base: string | undefined
  /** The text of `seal.json`, whose unlock paths open the root key. */
  readonly envelope: string
}

/** A backup is damaged, cut off, mixed from two, or of another release or deployment. */
export class BackupError extends Error {
  override readonly name = 'BackupError'
}

/** A header, and its bytes in the file. */
export type ReadHeader = { readonly header: BackupHeader; readonly bytes: Uint8Array }

/** The bytes of a header, with the line before it. */
function formatHeader(header: BackupHeader): Uint8Array {
  const { id, deployment, createdAt, release, base, envelope } = header
  const text = utf8(JSON.stringify({ id, deployment, createdAt, release, base: base ?? null, envelope }))
  return concatBytes(utf8(MAGIC), uint32(text.length), text)
}

/** Reads the header; the source continues after it. @throws BackupError. */
export async function readHeader(source: ByteSource): Promise<ReadHeader> {
  const magic = fromUtf8(await source.take(MAGIC.length))
  if (magic !== MAGIC) {
    throw new BackupError(
      magic.startsWith(MAGIC_NAME)
        ? `the backup is of format ${magic.slice(MAGIC_NAME.length).trim()}, and this release reads format 1: use the release that made it`
        : 'it is no backup of Holdfast',
    )
  }
  const length = await source.take(LENGTH_BYTES)
  const size = length.length < LENGTH_BYTES ? 0 : Buffer.from(length).readUInt32BE()
  if (size === 0 || size > HEADER_MAX_BYTES) throw damagedHeader()
  const text = await source.take(size)
  if (text.length < size) throw new BackupError('the backup is cut off in its header')
  return { header: parseHeader(fromUtf8(text)), bytes: concatBytes(utf8(magic), length, text) }
}

function parseHeader(text: string): BackupHeader {
  let value: unknown
  try {
    value = parseJsonText(text)
  } catch {
    throw damagedHeader()
  }
  if (typeof value !== 'object' || value === null) throw damagedHeader()
  const { id, deployment, createdAt, release, base, envelope } = { ...value } as Record<string, unknown>
  const texts = [deployment, createdAt, release, envelope]
  if (!isId(id) || !(base === null || isId(base)) || !texts.every((one) => typeof one === 'string'))
    throw damagedHeader()
  return {
    id,
    deployment: String(deployment),
    createdAt: String(createdAt),
    release: String(release),
    base: base ?? undefined,
    envelope: String(envelope),
  }
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && ID_HEX.test(value)
}

function damagedHeader(): BackupError {
  return new BackupError('the header of the backup is damaged')
}

/** The key of one backup. */
function fileKeyOf(key: HmacKey, { id }: Pick<BackupHeader, 'id'>): Secret {
  return deriveByCounter(key, LABEL, utf8(id))
}

/** A backup's bytes: the header, then the content in sealed chunks. */
export async function* sealBackup(
  header: BackupHeader,
  key: HmacKey,
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const head = formatHeader(header)
  const aad = sha256(head)
  using fileKey = fileKeyOf(key, header)
  yield head
  let number = 0
  const buffer = Buffer.alloc(CHUNK_BYTES)
  let filled = 0
  for await (const piece of content) {
    for (let at = 0; at < piece.length; ) {
      // A full buffer is sealed only when more follows: the last chunk is marked.
      if (filled === CHUNK_BYTES) {
        yield sealGcm(fileKey, ivOf(number, false), buffer, aad)
        number += 1
        filled = 0
      }
      const part = piece.subarray(at, at + CHUNK_BYTES - filled)
      buffer.set(part, filled)
      filled += part.length
      at += part.length
    }
  }
  yield sealGcm(fileKey, ivOf(number, true), buffer.subarray(0, filled), aad)
}

/**
 * The content of a backup whose header was read, chunk by chunk; each is authenticated before it is returned.
 *
 * @throws BackupError.
 */
export async function* openBackup(
  source: ByteSource,
  { header, bytes }: ReadHeader,
  key: HmacKey,
): AsyncGenerator<Uint8Array> {
  const aad = sha256(bytes)
  using fileKey = fileKeyOf(key, header)
  let chunk = await source.take(SEALED_CHUNK_BYTES)
  for (let number = 0; ; number += 1) {
    const next = chunk.length < SEALED_CHUNK_BYTES ? new Uint8Array(0) : await source.take(SEALED_CHUNK_BYTES)
    const isLast = next.length === 0
    const opened = openGcm(fileKey, ivOf(number, isLast), chunk, aad)
    if (opened === undefined) throw whyClosed(fileKey, { number, isLast, chunk, aad })
    yield opened
    if (isLast) return
    chunk = next
  }
}

type Chunk = {
  readonly number: number
  readonly isLast: boolean
  readonly chunk: Uint8Array
  readonly aad: Uint8Array
}

function whyClosed(key: Secret, { number, isLast, chunk, aad }: Chunk): BackupError {
  const other = openGcm(key, ivOf(number, !isLast), chunk, aad)
  if (isLast && (other !== undefined || chunk.length === 0))
    return new BackupError(`the backup is cut off after ${number} of its chunks`)
  if (other !== undefined) return new BackupError('bytes follow the end of the backup')
  if (number === 0)
    return new BackupError(
      'the backup does not open: its header or first chunk is damaged, or they are of two backups',
    )
  const end = isLast ? ', or the backup is cut off in it' : ''
  return new BackupError(`chunk ${number} of the backup is damaged, or of another backup or place${end}`)
}

/** 11 bytes of the chunk's number, and whether it is the last. Source: Hoang et al., STREAM. */
function ivOf(number: number, isLast: boolean): Uint8Array {
  const iv = Buffer.alloc(GCM_IV_BYTES)
  iv.writeUIntBE(number, GCM_IV_BYTES - 1 - NUMBER_BYTES, NUMBER_BYTES)
  iv[GCM_IV_BYTES - 1] = isLast ? 1 : 0
  return iv
}

/** Bytes of a chunk's number: more chunks than 2^48 never exist. */
const NUMBER_BYTES = 6

/** Bytes that are read in order. */
export class ByteSource {
  readonly #pieces: AsyncIterator<Uint8Array>
  #kept: Uint8Array = new Uint8Array(0)
  #ended = false

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]()
  }

  /** The next bytes: as many as asked for, fewer at the end. */
  async take(size: number): Promise<Uint8Array> {
    const parts = [this.#kept]
    let have = this.#kept.length
    while (have < size && !this.#ended) {
      const { value, done } = await this.#pieces.next()
      if (done === true) this.#ended = true
      else {
        parts.push(value)
        have += value.length
      }
    }
    const all = parts.length === 1 ? this.#kept : concatBytes(...parts)
    this.#kept = all.subarray(Math.min(size, all.length))
    return all.subarray(0, size)
  }

  /** Ends the source, which closes what it reads. */
  async close(): Promise<void> {
    await this.#pieces.return?.()
  }
}
