/** Files of a report and the note that signs them: `docs/reference/formats/report.md`. */

import { openNote, originOf, signNote, type VerifierKey } from '../audit/proofs/note.ts'
import { toBase64 } from '../base/bytes.ts'
import type { Ed25519Key } from '../crypto/ed25519.ts'
import { sha256 } from '../crypto/hash.ts'

/** A file that a note names. */
export type SignedFile = { readonly name: string; readonly sizeBytes: number; readonly sha256: string }

/** The name in place of a node in the signer's name of reports. No node has this name. */
const REPORT_NODE = 'report'
/** The second line of a note, which identifies its kind. */
const KIND = 'holdfast/report-files@v1'
/** The maximum number of files in a note. */
const FILES_MAX = 16
/** The maximum size of a note. */
export const NOTE_MAX_BYTES = 16_384

/** The verifier key of a deployment's reports. */
export function reportVerifierKey(key: Ed25519Key): VerifierKey {
  return { name: originOf(key, REPORT_NODE), publicKey: key.publicKey }
}

/** The note that signs files by their names, sizes and digests. */
export function signFiles(key: Ed25519Key, files: readonly SignedFile[]): string {
  const { name: origin } = reportVerifierKey(key)
  const lines = files.map(formatFile)
  return signNote(key, origin, `${[origin, KIND, ...lines.toSorted()].join('\n')}\n`)
}

/** Describes a file for a note. */
export function describeFile(name: string, content: Uint8Array): SignedFile {
  return { name, sizeBytes: content.length, sha256: toBase64(sha256(content)) }
}

function formatFile({ name, sizeBytes, sha256: digest }: SignedFile): string {
  return `${name} ${sizeBytes} ${digest}`
}

/** A file name without folders. */
const FILE = /^([a-z0-9][a-z0-9.-]{0,99}) (0|[1-9]\d{0,14}) ([A-Za-z0-9+/]{43}=)$/

/** The files that a note names; nothing unless the key has signed the note. */
export function openFiles(note: string, key: VerifierKey): readonly SignedFile[] | undefined {
  const [origin, kind, ...lines] = (openNote(note, key) ?? '').split('\n').slice(0, -1)
  if (origin !== key.name || kind !== KIND || lines.length > FILES_MAX) return undefined
  const files: SignedFile[] = []
  for (const line of lines) {
    const [, name, size, digest] = FILE.exec(line) ?? []
    if (name === undefined || digest === undefined) return undefined
    files.push({ name, sizeBytes: Number(size), sha256: digest })
  }
  return files
}

/** Whether a file's content matches the note. */
export function isSignedContent(file: SignedFile, content: Uint8Array): boolean {
  return formatFile(describeFile(file.name, content)) === formatFile(file)
}
