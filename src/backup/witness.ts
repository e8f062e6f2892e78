/** What a witness keeps: `docs/reference/formats/witness.md`. */

import { join } from 'node:path'
import { CHAIN_START, type ChainPoint } from '../audit/log/chain.ts'
import { ChainWalk } from '../audit/log/chain-walk.ts'
import type { AuditFiles } from '../audit/log/files.ts'
import { readStart } from '../audit/log/follow.ts'
import type { AuditHead } from '../audit/log/head.ts'
import { readSegment } from '../audit/log/read.ts'
import { segmentName, segmentsAmong } from '../audit/log/segment.ts'
import { openNote, originOf, signNote } from '../audit/proofs/note.ts'
import { parseBase64, toBase64 } from '../base/bytes.ts'
import type { Ed25519Key } from '../crypto/ed25519.ts'
import type { HmacKey } from '../crypto/hmac.ts'

/** The heads of a deployment's audit logs at some moment. */
export type Statement = {
  /** ISO 8601. */
  readonly at: string
  /** By node. */
  readonly heads: ReadonlyMap<string, ChainPoint>
}

/** A statement has at most 256 nodes with some 120 characters each. */
export const STATEMENT_MAX_BYTES = 65_536
/** The name in place of a node in the signer's name of statements. No node has this name. */
const WITNESS_NODE = 'witness'
const KIND = 'holdfast/witness@v1'
const HEAD = /^(node-\d{1,3}) (0|[1-9]\d{0,15}) ([A-Za-z0-9+/]{86}==)$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** A statement as a signed note. */
export function signStatement(key: Ed25519Key, { at, heads }: Statement): string {
  const origin = originOf(key, WITNESS_NODE)
  const lines = [...heads].map(([node, { sequence, mac }]) => `${node} ${sequence} ${toBase64(mac)}`)
  return signNote(key, origin, `${[origin, KIND, at, ...lines].join('\n')}\n`)
}

/** The statement of a note, if this deployment has signed it. */
export function openStatement(note: string, key: Ed25519Key): Statement | undefined {
  const name = originOf(key, WITNESS_NODE)
  const body = openNote(note, { name, publicKey: key.publicKey }) ?? ''
  const [origin, kind, at = '', ...lines] = body.split('\n').slice(0, -1)
  if (origin !== name || kind !== KIND || !TIME.test(at)) return undefined
  const heads = new Map<string, ChainPoint>()
  for (const line of lines) {
    const [, node, sequence, encoded] = HEAD.exec(line) ?? []
    const mac = parseBase64(encoded ?? '')
    if (node === undefined || mac === undefined) return undefined
    heads.set(node, { sequence: Number(sequence), mac })
  }
  return { at, heads }
}

/** A deployment's present records and logs. */
export type Present = {
  readonly files: AuditFiles
  readonly auditFolder: string
  readonly key: HmacKey
  /** The saved heads in the records. */
  readonly heads: ReadonlyMap<string, AuditHead>
}

/** What a deployment lacks of what a statement says, in sentences; nothing when it has all of it. */
export async function findMissing(present: Present, { heads }: Statement): Promise<readonly string[]> {
  const missing: string[] = []
  for (const [node, told] of heads) {
    const sequence = present.heads.get(node)?.sequence ?? 0
    if (sequence < told.sequence)
      missing.push(
        `${node}: the records know of events up to ${sequence}, the witness of events up to ${told.sequence}`,
      )
    const conflict = await findConflict(present, node, told)
    if (conflict !== undefined) missing.push(`${node}: ${conflict}`)
  }
  return missing
}

/** Why a node's log does not pass a point; nothing when it does. */
async function findConflict(
  { files, auditFolder, key }: Present,
  node: string,
  told: ChainPoint,
): Promise<string | undefined> {
  if (told.sequence === 0) return undefined
  const folder = join(auditFolder, node)
  const first = segmentsAmong(await files.list(folder)).findLast((one) => one <= told.sequence)
  if (first === undefined) return `its log lacks events up to ${told.sequence}`
  const path = join(folder, segmentName(first))
  const start = first === 1 ? CHAIN_START : await readStart(files, path)
  if (start === undefined) return 'its log is damaged: holdfast audit verify'
  const walk = new ChainWalk({ node, key }, undefined, start, { pins: [{ ...told, by: 'the witness' }] })
  for await (const part of readSegment(files, path)) {
    const wrong = walk.step(part)
    if (wrong !== undefined) return wrong
    if (walk.sequence >= told.sequence) return undefined
  }
  return `its log ends with event ${walk.sequence}, the witness knows of events up to ${told.sequence}`
}
