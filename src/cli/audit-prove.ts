import { makeCheckpoint } from '../audit/proofs/checkpoints.ts'
import { inclusionRanges } from '../audit/proofs/merkle.ts'
import { openCheckpoint, originOf } from '../audit/proofs/note.ts'
import { formatInclusion } from '../audit/proofs/proof.ts'
import { findEvent, type LocatedEvent, rootsOf } from '../audit/proofs/tree.ts'
import { type AuditTrees, withTrees } from './audit-trees.ts'
import { type Command, EXIT_FAILURE } from './command.ts'

/** `holdfast audit prove`: shows one event to somebody who sees no other. */
export const auditProve: Command = {
  name: 'audit prove',
  about: 'prints the proof that the log has the event with this id, and the event',
  operands: ['EVENT_ID'],
  run: ({ config, operands: [eventId = ''], output }) =>
    withTrees(config, async (trees) => {
      for (const [node] of trees.heads) {
        const found = await findEvent(trees.logOf(node), eventId)
        if (found === undefined) continue
        output.print((await prove(trees, node, found)).trimEnd())
        return 0
      }
      output.complain(`holdfast: the audit log has no event ${eventId}`)
      return EXIT_FAILURE
    }),
}

async function prove(
  { heads, logOf, checkpoints }: AuditTrees,
  node: string,
  found: LocatedEvent,
): Promise<string> {
  const head = heads.get(node)
  if (head === undefined || head.sequence <= found.index)
    throw new Error('the event is not covered by a saved head yet: try again in a second')
  const { signingKey } = checkpoints
  const note = await makeCheckpoint(checkpoints, node, head)
  const key = { name: originOf(signingKey, node), publicKey: signingKey.publicKey }
  const { size = 0 } = openCheckpoint(note, key) ?? {}
  const hashes = await rootsOf(logOf(node), inclusionRanges(found.index, size))
  return formatInclusion(found.line, found.index, hashes, note)
}
