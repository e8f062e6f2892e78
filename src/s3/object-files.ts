import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { freeMemory } from '../base/bytes.ts'
import type { Random } from '../base/ports.ts'
import type { Secret } from '../base/secret.ts'
import { SEGMENT_BYTES, STREAM_SALT_BYTES } from '../crypto/segments.ts'
import {
  BATCH_SEGMENTS,
  beginStream,
  damaged,
  HEADER_BYTES,
  openStream,
  type StreamBinding,
  StreamSealer,
  segmentPlace,
  segmentsOf,
} from './stream-format.ts'

/** A stream in the folder: its file, and the length of its plaintext. */
export type StoredStream = { readonly file: string; readonly sizeBytes: number }

/** A stream that is to be read: where it is, and what it must be bound to. */
export type ReadableStreamPlace = StoredStream & { readonly binding: StreamBinding; readonly dataKey: Secret }

/** A range of plaintext; `end` is the first byte beyond it. */
export type ByteRange = { readonly begin: number; readonly end: number }

/** Files that no entry of the catalogue names yet. */
const INCOMING = 'incoming'
const OBJECTS = 'objects'
const OWNER_ONLY_FILE = 0o600
const OWNER_ONLY_FOLDER = 0o700
/** The name of a file is random: no name of a bucket or key is ever part of a path. */
const FILE_NAME = /^[0-9a-f]{32}$/

/** The streams of objects as files of one folder. */
export class ObjectFiles {
  readonly #folder: string
  readonly #random: Random

  constructor(folder: string, random: Random) {
    this.#folder = folder
    this.#random = random
  }

  /**
   * Makes the folders, and finishes what a stop has left: a file that the catalogue names moves to its place, and one
   * that it does not name is removed.
   */
  async open(isNamed: (file: string) => boolean): Promise<void> {
    for (const name of [INCOMING, OBJECTS]) {
      await mkdir(join(this.#folder, name), { recursive: true, mode: OWNER_ONLY_FOLDER })
    }
    for (const name of await readdir(join(this.#folder, INCOMING))) {
      if (FILE_NAME.test(name) && isNamed(name)) await this.settle(name)
      else await rm(join(this.#folder, INCOMING, name), { force: true, recursive: true })
    }
  }

  /**
   * Seals a stream into a new file, which is on the disk when this resolves. If anything fails, there is no file.
   *
   * @throws what the pieces throw, and Error of the file system.
   */
  async write(
    dataKey: Secret,
    binding: StreamBinding,
    pieces: AsyncIterable<Uint8Array>,
  ): Promise<StoredStream> {
    const file = Buffer.from(this.#random.bytes(16)).toString('hex')
    const path = join(this.#folder, INCOMING, file)
    const handle = await open(path, 'wx', OWNER_ONLY_FILE)
    try {
      const { cipher, header } = beginStream(dataKey, binding, this.#random.bytes(STREAM_SALT_BYTES))
      using _cipher = cipher
      const sizeBytes = await writeSegments(handle, new StreamSealer(cipher, header), pieces)
      await handle.sync()
      await handle.close()
      await this.#syncFolder(INCOMING)
      return { file, sizeBytes }
    } catch (error) {
      await handle.close().catch(() => {})
      await rm(path, { force: true })
      throw error
    }
  }

  /** Moves a file whose entry is in the catalogue to its place. A start does it if this process cannot. */
  async settle(file: string): Promise<void> {
    const folder = join(this.#folder, OBJECTS, file.slice(0, 2))
    const from = join(this.#folder, INCOMING, file)
    try {
      await rename(from, join(folder, file))
    } catch {
      await mkdir(folder, { recursive: true, mode: OWNER_ONLY_FOLDER })
      await rename(from, join(folder, file))
    }
  }

  /** Removes a file that no entry names any more. */
  async remove(file: string): Promise<void> {
    for (const path of this.#places(file)) await rm(path, { force: true })
  }

  /**
   * The plaintext of a range of a stream, which is authenticated before it is yielded. Who asks for the next piece has
   * no more use for the one before: its memory is freed.
   *
   * @throws DamagedObject.
   */
  async *read(stream: ReadableStreamPlace, { begin, end }: ByteRange): AsyncIterable<Uint8Array> {
    const { binding, dataKey, sizeBytes } = stream
    const handle = await this.#openFile(stream)
    try {
      const header = await readAt(handle, 0, Buffer.alloc(HEADER_BYTES))
      using cipher = openStream(dataKey, binding, header)
      const segments = segmentsOf(sizeBytes)
      const sealedBytes = SEGMENT_BYTES + cipher.tagBytes
      const first = Math.floor(begin / SEGMENT_BYTES)
      const beyond = Math.min(segments, Math.max(first + 1, Math.ceil(end / SEGMENT_BYTES)))
      const buffer = Buffer.allocUnsafe(Math.min(BATCH_SEGMENTS, beyond - first) * sealedBytes)
      for (let at = first; at < beyond; at += BATCH_SEGMENTS) {
        const count = Math.min(BATCH_SEGMENTS, beyond - at)
        const place = segmentPlace(at, cipher.tagBytes)
        const bytes = await readAt(handle, place, buffer.subarray(0, count * sealedBytes))
        for (let index = 0; index < count; index += 1) {
          const segment = at + index
          const sealed = bytes.subarray(index * sealedBytes, (index + 1) * sealedBytes)
          const plaintext = cipher.open({ at: segment, isLast: segment === segments - 1 }, sealed)
          if (plaintext === undefined) throw damaged(binding, `segment ${segment} does not open`)
          const offset = segment * SEGMENT_BYTES
          const piece = plaintext.subarray(Math.max(0, begin - offset), Math.max(0, end - offset))
          if (piece.length > 0) yield piece
          freeMemory(plaintext)
        }
      }
    } finally {
      await handle.close()
    }
  }

  async #openFile({ file, binding }: ReadableStreamPlace): Promise<FileHandle> {
    // A file moves from the first place to the second: after both, it is in the second.
    const [settled, incoming] = this.#places(file)
    for (const path of [settled, incoming, settled]) {
      try {
        return await open(path, 'r')
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
      }
    }
    throw damaged(binding, 'its file is missing')
  }

  #places(file: string): [settled: string, incoming: string] {
    if (!FILE_NAME.test(file)) throw new Error('the catalogue names no file')
    return [join(this.#folder, OBJECTS, file.slice(0, 2), file), join(this.#folder, INCOMING, file)]
  }

  async #syncFolder(name: string): Promise<void> {
    const handle = await open(join(this.#folder, name), 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  }
}

/** Returns the length of the plaintext. */
async function writeSegments(
  handle: FileHandle,
  sealer: StreamSealer,
  pieces: AsyncIterable<Uint8Array>,
): Promise<number> {
  let sizeBytes = 0
  try {
    for await (const piece of pieces) {
      sizeBytes += piece.length
      for (const batch of sealer.take(piece)) await writeAll(handle, batch)
    }
    await writeAll(handle, sealer.end())
    return sizeBytes
  } finally {
    sealer.clear()
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let rest = bytes
  while (rest.length > 0) {
    const { bytesWritten } = await handle.write(rest)
    rest = rest.subarray(bytesWritten)
  }
}

/** Reads bytes into a buffer, and returns its part that they fill: all of it, but for the end of the file. */
async function readAt(handle: FileHandle, place: number, buffer: Uint8Array): Promise<Uint8Array> {
  let filled = 0
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, place + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}
