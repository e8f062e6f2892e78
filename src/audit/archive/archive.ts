/** Archives of closed segments: `docs/reference/formats/archive.md`. */

import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { fromUtf8, parseBase64, toBase64 } from '../../base/bytes.ts'
import type { Ed25519Key } from '../../crypto/ed25519.ts'

import type { AuditFiles, ReadFile } from '../log/files.ts'
import { LogBroken } from '../log/follow.ts'
import { openNote, originOf, signNote, type VerifierKey } from '../proofs/note.ts'

/** The folder of archives, in a node's folder. */
export const ARCHIVE_FOLDER = 'archive'
/** The endings of the names of archives and their manifests, instead of a segment's `.jsonl`. */
export const ARCHIVE_SUFFIX = '.jsonl.gz'
const MANIFEST_SUFFIX = '.manifest'
const SEGMENT_SUFFIX = '.jsonl'
/** Uncompressed bytes of each member of an archive except the last: reading one event reads so many. */
export const BLOCK_BYTES = 262_144
/** The largest compressed block: an incompressible block is stored, and grows by far less than this. */
export const PACKED_MAX_BYTES = BLOCK_BYTES + 4096
/** Blocks of an archive: enough for a segment and its last batch, with much to spare. */
const BLOCKS_MAX = 1024
const MANIFEST_MAX_BYTES = 32_768

const compress = promisify(gzip)
const decompress = promisify(gunzip)

/** An archive is not what was compressed. */
export class ArchiveDamaged extends LogBroken {
  override readonly name = 'ArchiveDamaged'
}

/** The facts of a segment in its manifest. */
export type Manifest = {
  readonly node: string
  readonly first: number
  readonly last: number
  /** The times of the first and the last batch. */
  readonly firstAt: number
  readonly lastAt: number
  /** The segment's size, and the SHA-256 over the SHA-256 of each block of it. */
  readonly sizeBytes: number
  readonly hash: Uint8Array
  /** The hash and MAC of the batch before the segment and of its last: 64 bytes each. */
  readonly before: Uint8Array
  readonly end: Uint8Array
  /** The sizes of the compressed blocks. */
  readonly blocks: readonly number[]
}

/** The paths of a segment's archive and manifest. */
export function archivePaths(segmentPath: string): { readonly archive: string; readonly manifest: string } {
  const name = segmentPath.slice(dirname(segmentPath).length + 1, -SEGMENT_SUFFIX.length)
  const folder = join(dirname(segmentPath), ARCHIVE_FOLDER)
  return {
    archive: join(folder, `${name}${ARCHIVE_SUFFIX}`),
    manifest: join(folder, `${name}${MANIFEST_SUFFIX}`),
  }
}

/** A block of an archive: one gzip member, so that it can be read alone. */
export function compressBlock(bytes: Uint8Array): Promise<Uint8Array> {
  return compress(bytes)
}

/** A manifest, signed. */
export function signManifest(key: Ed25519Key, manifest: Manifest): string {
  const { first, last, firstAt, lastAt, sizeBytes, hash, before, end, blocks } = manifest
  const origin = manifestOrigin(originOf(key, manifest.node))
  const numbers = [first, last, firstAt, lastAt, sizeBytes].join(' ')
  const texts = [hash, before, end].map(toBase64).join(' ')
  return signNote(key, origin, `${origin}\n${numbers}\n${texts}\n${blocks.join(' ')}\n`)
}

/** The manifest in a note that the key has signed; nothing otherwise. */
export function openManifest(note: string, node: string, key: VerifierKey): Manifest | undefined {
  const name = manifestOrigin(key.name)
  const body = openNote(note, { ...key, name })
  const manifest = body === undefined ? undefined : parseManifest(body, node)
  return manifest !== undefined && body?.startsWith(`${name}\n`) ? manifest : undefined
}

function manifestOrigin(origin: string): string {
  return `${origin}/archive`
}

const BODY =
  /^\S+\n(\d{1,16}) (\d{1,16}) (\d{1,16}) (\d{1,16}) (\d{1,16})\n(\S{44}) (\S{88}) (\S{88})\n(\d{1,9}(?: \d{1,9})*)\n$/

function parseManifest(body: string, node: string): Manifest | undefined {
  const [, ...fields] = BODY.exec(body) ?? []
  const [first = 0, last = 0, firstAt = 0, lastAt = 0, sizeBytes = 0] = fields.slice(0, 5).map(Number)
  const [hash, before, end] = fields.slice(5, 8).map((text) => parseBase64(text ?? ''))
  const blocks = (fields[8] ?? '').split(' ').map(Number)
  if (hash === undefined || before === undefined || end === undefined) return undefined
  if (blocks.length > BLOCKS_MAX || blocks.some((size) => size > PACKED_MAX_BYTES)) return undefined
  return { node, first, last, firstAt, lastAt, sizeBytes, hash, before, end, blocks }
}

/** A manifest without a check of its signature: enough to read an archive whose MACs are checked anyway. */
export async function readManifest(
  files: AuditFiles,
  path: string,
  node: string,
): Promise<{ readonly note: string; readonly manifest: Manifest | undefined }> {
  const file = await files.openRead(path)
  try {
    const note = fromUtf8(await readUpTo(file, 0, MANIFEST_MAX_BYTES))
    return { note, manifest: parseManifest(note.slice(0, note.lastIndexOf('\n\n') + 1), node) }
  } finally {
    await file.close()
  }
}

/** Reads an archive as the segment from which it was made. */
export function openArchive(file: ReadFile, manifest: Manifest): ReadFile {
  const starts: number[] = []
  for (let index = 0, at = 0; index < manifest.blocks.length; at += manifest.blocks[index] ?? 0, index += 1)
    starts.push(at)
  const kept = { index: -1, bytes: Buffer.alloc(0) as Uint8Array }
  return {
    read: async (into, position) => {
      const index = Math.floor(position / BLOCK_BYTES)
      if (position >= manifest.sizeBytes || index >= manifest.blocks.length) return 0
      if (kept.index !== index) {
        const packed = await readUpTo(file, starts[index] ?? 0, manifest.blocks[index] ?? 0)
        kept.bytes = await unpack(packed)
        kept.index = index
      }
      const part = kept.bytes.subarray(position - index * BLOCK_BYTES).subarray(0, into.length)
      into.set(part)
      return part.length
    },
    close: () => file.close(),
  }
}

async function unpack(packed: Uint8Array): Promise<Uint8Array> {
  try {
    return await decompress(packed, { maxOutputLength: BLOCK_BYTES })
  } catch (error) {
    throw new ArchiveDamaged('the archive is damaged', { cause: error })
  }
}

async function readUpTo(file: ReadFile, position: number, maxBytes: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(maxBytes)
  let filled = 0
  for (let count = -1; count !== 0 && filled < maxBytes; filled += count)
    count = await file.read(bytes.subarray(filled), position + filled)
  return bytes.subarray(0, filled)
}
