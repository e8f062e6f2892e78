/** Signed checkpoints: `docs/reference/formats/checkpoint.md`. */

import { concatBytes, parseBase64, toBase64, toHex, utf8 } from '../../base/bytes.ts'
import { ED25519_KEY_BYTES, type Ed25519Key, signEd25519, verifyEd25519 } from '../../crypto/ed25519.ts'
import { sha256 } from '../../crypto/hash.ts'

/** The purpose of the key of checkpoints, for `deriveKey`. */
export const CHECKPOINT_KEY_INFO = 'holdfast/audit/1/checkpoint'

/** The facts of a checkpoint. */
export type Checkpoint = {
  /** The log, and its node. */
  readonly origin: string
  readonly size: number
  readonly root: Uint8Array
}

/** A public key, and its name in signatures. */
export type VerifierKey = { readonly name: string; readonly publicKey: Uint8Array }

const ED25519 = Uint8Array.of(1)
const LINE_END = Uint8Array.of(0x0a)
const KEY_ID_BYTES = 4
const LOG_ID_BYTES = 8
const ROOT_BYTES = 32

/** The origin of a node's checkpoints. */
export function originOf(key: Ed25519Key, node: string): string {
  return `holdfast/${toHex(sha256(key.publicKey).subarray(0, LOG_ID_BYTES))}/${node}`
}

/** A checkpoint as a signed note. */
export function signCheckpoint(key: Ed25519Key, { origin, size, root }: Checkpoint): string {
  return signNote(key, origin, `${origin}\n${size}\n${toBase64(root)}\n`)
}

/**
 * A text as a note with a key's signature: C2SP signed-note.
 *
 * @param body ends with a line end, and begins with a line that only this kind of note has.
 */
export function signNote(key: Ed25519Key, name: string, body: string): string {
  const id = keyId({ name, publicKey: key.publicKey })
  return `${body}\n— ${name} ${toBase64(concatBytes(id, signEd25519(key, utf8(body))))}\n`
}

/** The text of a note, if the key has signed it; nothing otherwise. Other signatures are ignored. */
export function openNote(note: string, key: VerifierKey): string | undefined {
  const end = note.lastIndexOf('\n\n')
  if (end < 0) return undefined
  const body = note.slice(0, end + 1)
  const signatures = note.slice(end + 2).split('\n')
  return signatures.some((line) => isSignature(line, utf8(body), key)) ? body : undefined
}

/** A verifier key as text. */
export function formatVerifierKey(key: VerifierKey): string {
  return `${key.name}+${toHex(keyId(key))}+${toBase64(concatBytes(ED25519, key.publicKey))}`
}

const VERIFIER_KEY = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/

/** The verifier key of a text, or nothing when it is none. */
export function parseVerifierKey(text: string): VerifierKey | undefined {
  const [, name, id, encoded] = VERIFIER_KEY.exec(text) ?? []
  const bytes = parseBase64(encoded ?? '')
  if (name === undefined || bytes?.length !== ED25519_KEY_BYTES + 1 || bytes[0] !== ED25519[0])
    return undefined
  const key = { name, publicKey: bytes.subarray(1) }
  return toHex(keyId(key)) === id ? key : undefined
}

const BODY = /^([^\s+]+)\n(0|[1-9]\d{0,15})\n([A-Za-z0-9+/]{43}=)\n$/

/** The checkpoint in a note that the key has signed; nothing otherwise. Other signatures are ignored. */
export function openCheckpoint(note: string, key: VerifierKey): Checkpoint | undefined {
  const [, origin, size, encoded] = BODY.exec(openNote(note, key) ?? '') ?? []
  const root = parseBase64(encoded ?? '')
  if (origin === undefined || root?.length !== ROOT_BYTES || origin !== key.name) return undefined
  return Number(size) <= Number.MAX_SAFE_INTEGER ? { origin, size: Number(size), root } : undefined
}

function isSignature(line: string, body: Uint8Array, key: VerifierKey): boolean {
  const prefix = `— ${key.name} `
  const text = line.startsWith(prefix) ? line.slice(prefix.length) : ''
  const bytes = parseBase64(text)
  // Accepts only the one text for these bytes: a note with any change does not open.
  if (
    bytes === undefined ||
    toBase64(bytes) !== text ||
    toHex(bytes.subarray(0, KEY_ID_BYTES)) !== toHex(keyId(key))
  )
    return false
  return verifyEd25519(key.publicKey, body, bytes.subarray(KEY_ID_BYTES))
}

function keyId({ name, publicKey }: VerifierKey): Uint8Array {
  return sha256(concatBytes(utf8(name), LINE_END, ED25519, publicKey)).subarray(0, KEY_ID_BYTES)
}
