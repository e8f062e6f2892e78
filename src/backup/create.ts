import { join } from 'node:path'
import { segmentFiles } from '../audit/archive/segment-files.ts'
import { systemFiles } from '../audit/log/files.ts'
import { toHex } from '../base/bytes.ts'
import type { Clock, Random } from '../base/ports.ts'
import type { GiveWay } from '../base/slices.ts'
import { VERSION } from '../base/version.ts'
import type { HmacKey } from '../crypto/hmac.ts'
import { isSignedBy, type SignedEnvelope } from '../custody/roots/envelope.ts'
import type { RawKey } from '../store/port.ts'
import type { StoreSnapshot } from '../store/sqlite-snapshot.ts'
import { type BackupFile, formatEntry, type Manifest } from './entries.ts'
import { BackupError, type BackupHeader, sealBackup } from './format.ts'
import { findLogEnds, type LogFolder, listCheckpoints, listLogFiles, readUpTo } from './log-files.ts'

/** The keys of a deployment that a backup needs. They derive from the root key. */
export type BackupKeys = {
  /** Seals backups. */
  readonly key: HmacKey
  /** Makes the MAC of the envelope of the root key. */
  readonly envelopeKey: HmacKey
}

/** The dependencies of making a backup. */
export type CreateDependencies = {
  /** One set, or two during a rotation of the root key. */
  readonly keys: () => readonly BackupKeys[]
  readonly auditFolder: string
  /** Reads `seal.json`: its text, and what it says. */
  readonly readEnvelope: () => Promise<{ readonly text: string; readonly signed: SignedEnvelope }>
  readonly openSnapshot: () => StoreSnapshot
  /** A whole backup to continue, with the files of the log that it has; nothing for a whole backup. */
  readonly base: Base | undefined
  readonly clock: Clock
  readonly random: Random
  readonly giveWay: GiveWay
}

/** A whole backup that another one continues. */
export type Base = { readonly id: string; readonly closed: ReadonlySet<string> }

/** A backup that is being made. */
export type NewBackup = {
  readonly header: BackupHeader
  readonly manifest: Manifest
  /** The key that seals it. */
  readonly key: HmacKey
  /** Its bytes; reading them to the end completes the backup. */
  readonly bytes: AsyncIterable<Uint8Array>
  /** Ends the snapshot. */
  readonly close: () => void
}

const ID_BYTES = 16

/** Whether two envelopes have the same root keys, so that either opens what was sealed between them. */
function hasSameKeys({ envelope: one }: SignedEnvelope, { envelope: other }: SignedEnvelope): boolean {
  return one.commitment === other.commitment && one.rotation?.keyring === other.rotation?.keyring
}

/**
 * Begins a consistent backup of a running deployment: notes the ends of the logs, takes a snapshot of the records, and
 * then lists the logs, which go further than the heads in the records.
 *
 * @throws BackupError, StoreFailure.
 */
export async function beginBackup(dependencies: CreateDependencies): Promise<NewBackup> {
  const { auditFolder, base, clock, random } = dependencies
  const log: LogFolder = { files: systemFiles, folder: auditFolder }
  const checkpoints = await listCheckpoints(log)
  const before = await findLogEnds({ ...log, files: segmentFiles })
  const first = await dependencies.readEnvelope()
  const snapshot = dependencies.openSnapshot()
  try {
    const { text, signed } = await dependencies.readEnvelope()
    if (!hasSameKeys(first.signed, signed))
      throw new BackupError('the root key was rotated at this moment: try again')
    const keys = dependencies.keys().find(({ envelopeKey }) => isSignedBy(signed, envelopeKey))
    if (keys === undefined)
      throw new BackupError(
        'seal.json is not the envelope of the root key that this process has: it was changed',
      )
    const ends = await findLogEnds({ ...log, files: segmentFiles })
    const listed = [...checkpoints, ...(await listLogFiles(log, ends))]
    const isInBase = ({ path }: BackupFile): boolean => base?.closed.has(path) === true
    const id = toHex(random.bytes(ID_BYTES))
    const manifest: Manifest = {
      id,
      revision: snapshot.revision,
      heads: snapshot.heads,
      covered: Object.fromEntries([...before].map(([node, { sequence }]) => [node, sequence])),
      files: listed.filter((file) => !isInBase(file)).map(({ path, sizeBytes }) => ({ path, sizeBytes })),
      inBase: listed.filter(isInBase).map(({ path }) => path),
    }
    const header: BackupHeader = {
      id,
      deployment: signed.envelope.deployment,
      createdAt: new Date(clock.now()).toISOString(),
      release: VERSION,
      base: base?.id,
      envelope: text,
    }
    const content = contentOf(dependencies, manifest, snapshot)
    const { key } = keys
    return { header, manifest, key, bytes: sealBackup(header, key, content), close: snapshot.close }
  } catch (error) {
    snapshot.close()
    throw error
  }
}

/** The paths of a manifest that do not change any more: all but the last segment of each node. */
export function closedFilesOf({ files }: Pick<Manifest, 'files'>): ReadonlySet<string> {
  const last = new Map<string, string>()
  for (const { path } of files) {
    const [node = '', name = ''] = path.split('/')
    if (name.endsWith('.jsonl') && path > (last.get(node) ?? '')) last.set(node, path)
  }
  const open = new Set(last.values())
  return new Set(files.map(({ path }) => path).filter((path) => !open.has(path)))
}

async function* contentOf(
  { auditFolder, giveWay }: CreateDependencies,
  manifest: Manifest,
  snapshot: StoreSnapshot,
): AsyncGenerator<Uint8Array> {
  yield formatEntry({ type: 'manifest', manifest })
  let records = 0
  let last: RawKey | undefined
  for (;;) {
    await giveWay()
    const page = snapshot.page(last)
    for (const record of page) yield formatEntry({ type: 'record', record })
    records += page.length
    last = page.at(-1)
    if (last === undefined) break
  }
  // The rest needs the files only: the write-ahead log need not grow any more.
  snapshot.close()
  for (const { path, sizeBytes } of manifest.files) {
    yield formatEntry({ type: 'file', path })
    // A segment that was archived since it was listed is read from its archive.
    for await (const bytes of readUpTo(segmentFiles, join(auditFolder, path), sizeBytes)) {
      await giveWay()
      yield formatEntry({ type: 'data', bytes })
    }
  }
  yield formatEntry({ type: 'end', records, files: manifest.files.length })
}
