import { makeCheckpoint } from '../audit/proofs/checkpoints.ts'
import { inclusionRanges } from '../audit/proofs/merkle.ts'
import { openCheckpoint, originOf } from '../audit/proofs/note.ts'
import { formatInclusion } from '../audit/proofs/proof.ts'
import { findEvent, type LocatedEvent, rootsOf } from '../audit/proofs/tree.ts'
import { ConfigError } from '../config/setting.ts'
import { type AuditTrees, withTrees } from './audit-trees.ts'
import type { CommandInput } from './command.ts'
import { printNext, printResult } from './result.ts'

/** The command that checks a proof. */
export const CHECK_PROOF = 'holdfast audit check-proof FILE --verifier-key VERIFIER_KEY checks the proof'

/** `holdfast audit prove`: proves that one event is in the log, without any other event. */
export function proveEvent(input: CommandInput): Promise<number> {
  const [eventId = ''] = input.operands
  return withTrees(input, async (trees) => {
    for (const [node] of trees.heads) {
      const found = await findEvent(trees.logOf(node), eventId)
      if (found === undefined) continue
      const proof = (await prove(trees, node, found)).trimEnd()
      printResult(input, { eventId, node, proof }, () => [proof])
      printNext(input, CHECK_PROOF)
      return 0
    }
    throw new ConfigError(`the audit log has no event ${eventId}`)
  })
}

async function prove(
  { heads, logOf, checkpoints }: AuditTrees,
  node: string,
  found: LocatedEvent,
): Promise<string> {
  const head = heads.get(node)
  if (head === undefined || head.sequence <= found.index)
    throw new Error('no saved head covers the event yet. Try again in a second')
  const { signingKey } = checkpoints
  const note = await makeCheckpoint(checkpoints, node, head)
  const key = { name: originOf(signingKey, node), publicKey: signingKey.publicKey }
  const { size = 0 } = openCheckpoint(note, key) ?? {}
  const hashes = await rootsOf(logOf(node), inclusionRanges(found.index, size))
  return formatInclusion(found.line, found.index, hashes, note)
}
