import type { HmacKey } from '../crypto/hmac.ts'
import type { RawRecord } from '../store/port.ts'
import { type Entry, type Manifest, readEntries } from './entries.ts'
import { BackupError, type BackupHeader, ByteSource, openBackup, readHeader } from './format.ts'

/** What is done with the content of a backup, in its order. */
export type BackupVisitor = {
  readonly record: (record: RawRecord) => Promise<void> | void
  /** Begins a file of the audit folder. */
  readonly file: (path: string) => Promise<void> | void
  readonly data: (bytes: Uint8Array) => Promise<void> | void
  /** Ends the file that was begun last. */
  readonly fileEnd: () => Promise<void> | void
}

/** A backup that was read to its end. */
export type ReadBackup = {
  readonly header: BackupHeader
  readonly manifest: Manifest
  readonly records: number
}

/**
 * Reads a backup to its end, and hands on what is authenticated and in its order.
 *
 * @param unlock gets the key of backups by the header's envelope.
 * @throws BackupError for any byte that is not as it was written; what `unlock` and the visitor throw.
 */
export async function readBackup(
  bytes: AsyncIterable<Uint8Array>,
  unlock: (header: BackupHeader) => Promise<HmacKey>,
  visitor: BackupVisitor,
): Promise<ReadBackup> {
  const source = new ByteSource(bytes)
  try {
    const head = await readHeader(source)
    const { header } = head
    const content = new ByteSource(openBackup(source, head, await unlock(header)))
    const reader = new OrderedReader(header, visitor)
    for await (const entry of readEntries(content)) await reader.take(entry)
    return reader.finish()
  } finally {
    await source.close()
  }
}

/** Reads only the header and the manifest. @throws BackupError. */
export async function readManifest(
  bytes: AsyncIterable<Uint8Array>,
  key: HmacKey,
): Promise<Pick<ReadBackup, 'header' | 'manifest'>> {
  const source = new ByteSource(bytes)
  try {
    const head = await readHeader(source)
    const content = new ByteSource(openBackup(source, head, key))
    const { value: first } = await readEntries(content).next()
    if (first?.type !== 'manifest' || first.manifest.id !== head.header.id) throw outOfOrder()
    return { header: head.header, manifest: first.manifest }
  } finally {
    await source.close()
  }
}

/** Accepts the entries of a backup in their order only. */
class OrderedReader {
  readonly #header: BackupHeader
  readonly #visitor: BackupVisitor
  #manifest: Manifest | undefined
  #records = 0
  #files = 0
  /** Bytes that the present file still lacks; nothing before the first file. */
  #left: number | undefined
  #ended = false

  constructor(header: BackupHeader, visitor: BackupVisitor) {
    this.#header = header
    this.#visitor = visitor
  }

  async take(entry: Entry): Promise<void> {
    if (this.#ended) throw outOfOrder()
    switch (entry.type) {
      case 'manifest':
        assertOrder(this.#manifest === undefined && entry.manifest.id === this.#header.id)
        this.#manifest = entry.manifest
        return
      case 'record':
        assertOrder(this.#manifest !== undefined && this.#left === undefined)
        this.#records += 1
        await this.#visitor.record(entry.record)
        return
      case 'file':
        await this.#begin(entry.path)
        return
      case 'data':
        if (this.#left === undefined || entry.bytes.length > this.#left) throw outOfOrder()
        this.#left -= entry.bytes.length
        await this.#visitor.data(entry.bytes)
        return
      case 'end':
        await this.#endFile()
        assertOrder(entry.records === this.#records && entry.files === this.#files)
        assertOrder(this.#files === this.#manifest?.files.length)
        this.#ended = true
    }
  }

  finish(): ReadBackup {
    if (!this.#ended || this.#manifest === undefined) throw outOfOrder()
    return { header: this.#header, manifest: this.#manifest, records: this.#records }
  }

  async #begin(path: string): Promise<void> {
    await this.#endFile()
    const expected = this.#manifest?.files[this.#files]
    if (expected?.path !== path) throw outOfOrder()
    this.#files += 1
    this.#left = expected.sizeBytes
    await this.#visitor.file(path)
  }

  async #endFile(): Promise<void> {
    if (this.#left === undefined) return
    if (this.#left !== 0) throw outOfOrder()
    await this.#visitor.fileEnd()
  }
}

function assertOrder(isRight: boolean): void {
  if (!isRight) throw outOfOrder()
}

function outOfOrder(): BackupError {
  return new BackupError('the content of the backup is not in the order in which Holdfast writes it')
}
