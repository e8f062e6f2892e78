/** Proofs as texts: `docs/reference/formats/checkpoint.md`. */

import { fromUtf8, parseBase64, toBase64, utf8 } from '../../base/bytes.ts'
import { leafHash, verifyConsistency, verifyInclusion } from './merkle.ts'
import { type Checkpoint, openCheckpoint, type VerifierKey } from './note.ts'

const INCLUSION = 'c2sp.org/tlog-proof@v1'
const CONSISTENCY = 'holdfast/consistency-proof@v1'
/** The most hashes: a tree of 2^53 leaves is not as deep, but consistency proofs have one hash more. */
const HASHES_MAX = 64
/** The longest proof; an event is at most a quarter of it, and base64 a third longer. */
export const PROOF_MAX_BYTES = 1_048_576

/** The proof that an event is in the tree of a checkpoint. */
export function formatInclusion(
  event: string,
  index: number,
  hashes: readonly Uint8Array[],
  note: string,
): string {
  const head = `${INCLUSION}\nextra ${toBase64(utf8(event))}\nindex ${index}\n`
  return `${head}${lines(hashes)}\n${note}`
}

/** The proof that the tree of one checkpoint is the beginning of that of another. */
export function formatConsistency(hashes: readonly Uint8Array[], older: string, newer: string): string {
  return `${CONSISTENCY}\n${lines(hashes)}\n${older}\n${newer}`
}

function lines(hashes: readonly Uint8Array[]): string {
  return hashes.map((hash) => `${toBase64(hash)}\n`).join('')
}

/** The result of a proof's check; or why it fails. */
export type Checked =
  | {
      readonly type: 'event'
      readonly event: string
      readonly index: number
      readonly checkpoint: Checkpoint
    }
  | { readonly type: 'consistent'; readonly older: Checkpoint; readonly newer: Checkpoint }
  | { readonly type: 'wrong'; readonly why: string }

/** Checks a proof of either kind with the verifier key of the log. */
export function checkProof(text: string, key: VerifierKey): Checked {
  if (text.length > PROOF_MAX_BYTES) return wrong(`it is longer than ${PROOF_MAX_BYTES} bytes`)
  if (text.startsWith(`${INCLUSION}\n`)) return checkInclusion(text.slice(INCLUSION.length + 1), key)
  if (text.startsWith(`${CONSISTENCY}\n`)) return checkConsistency(text.slice(CONSISTENCY.length + 1), key)
  return wrong(`it begins neither with ${INCLUSION} nor with ${CONSISTENCY}`)
}

function wrong(why: string): Checked {
  return { type: 'wrong', why }
}

const INCLUSION_HEAD = /^extra ([A-Za-z0-9+/=]+)\nindex (0|[1-9]\d{0,15})\n/

function checkInclusion(text: string, key: VerifierKey): Checked {
  const [head = '', extra = '', digits] = INCLUSION_HEAD.exec(text) ?? []
  const event = parseBase64(extra)
  if (head === '' || event === undefined) return wrong('its first lines are malformed')
  const rest = splitHashes(text.slice(head.length))
  if (rest === undefined) return wrong('its hashes are malformed')
  const checkpoint = openCheckpoint(rest.text, key)
  if (checkpoint === undefined) return wrong('its checkpoint is not one that the key has signed')
  const at = { index: Number(digits), size: checkpoint.size }
  if (!verifyInclusion(leafHash(event), at, rest.hashes, checkpoint.root))
    return wrong('the event is not the one at this place of the log')
  return { type: 'event', event: fromUtf8(event), index: at.index, checkpoint }
}

function checkConsistency(text: string, key: VerifierKey): Checked {
  const rest = splitHashes(text)
  if (rest === undefined) return wrong('its hashes are malformed')
  const notes = splitNotes(rest.text)
  const older = notes && openCheckpoint(notes.older, key)
  const newer = notes && openCheckpoint(notes.newer, key)
  if (older === undefined || newer === undefined)
    return wrong('one of its checkpoints is not one that the key has signed')
  if (!verifyConsistency(older, newer, rest.hashes))
    return wrong('the older tree is not the beginning of the newer one')
  return { type: 'consistent', older, newer }
}

/** The hashes up to the empty line, and the rest. */
function splitHashes(
  text: string,
): { readonly hashes: readonly Uint8Array[]; readonly text: string } | undefined {
  const hashes: Uint8Array[] = []
  let at = 0
  for (;;) {
    const end = text.indexOf('\n', at)
    if (end < 0) return undefined
    if (end === at) return { hashes, text: text.slice(end + 1) }
    const hash = parseBase64(text.slice(at, end))
    if (hash === undefined || hashes.length === HASHES_MAX) return undefined
    hashes.push(hash)
    at = end + 1
  }
}

/** A note ends with its signatures; the next one begins after an empty line. */
function splitNotes(text: string): { readonly older: string; readonly newer: string } | undefined {
  const body = text.indexOf('\n\n')
  const end = body < 0 ? -1 : text.indexOf('\n\n', body + 2)
  return end < 0 ? undefined : { older: text.slice(0, end + 1), newer: text.slice(end + 2) }
}
