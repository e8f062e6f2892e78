import { makeCheckpoint } from '../audit/checkpoints.ts'
import { consistencyRanges } from '../audit/merkle.ts'
import { type Checkpoint, openCheckpoint, originOf } from '../audit/note.ts'
import { formatConsistency } from '../audit/proof.ts'
import { rootsOf } from '../audit/tree.ts'
import { type AuditTrees, withTrees } from './audit-trees.ts'
import { type Command, EXIT_FAILURE } from './command.ts'
import { readProofFile } from './proof-file.ts'

/** `holdfast audit prove-consistency`: shows that nothing before an older checkpoint was rewritten. */
export const auditConsistency: Command = {
  name: 'audit prove-consistency',
  about: 'prints the proof that the log goes on from an older checkpoint, kept in a file',
  operands: ['FILE'],
  run: ({ config, operands: [file = ''], output }) =>
    withTrees(config, async (trees) => {
      const older = await readProofFile(file)
      const { signingKey } = trees.checkpoints
      for (const [node] of trees.heads) {
        const key = { name: originOf(signingKey, node), publicKey: signingKey.publicKey }
        const checkpoint = openCheckpoint(older, key)
        if (checkpoint === undefined) continue
        output.print((await prove(trees, node, { older, checkpoint })).trimEnd())
        return 0
      }
      output.complain(`holdfast: ${file} is not a checkpoint that this log has signed`)
      return EXIT_FAILURE
    }),
}

type Older = { readonly older: string; readonly checkpoint: Checkpoint }

async function prove(
  { heads, logOf, checkpoints }: AuditTrees,
  node: string,
  { older, checkpoint }: Older,
): Promise<string> {
  const head = heads.get(node)
  if (head === undefined) throw new Error(`${node} has no saved head`)
  const newer = await makeCheckpoint(checkpoints, node, head)
  const { signingKey } = checkpoints
  const key = { name: originOf(signingKey, node), publicKey: signingKey.publicKey }
  const { size = 0 } = openCheckpoint(newer, key) ?? {}
  if (size < checkpoint.size) throw new Error(`the log ends with event ${size}, before the checkpoint`)
  const hashes = await rootsOf(logOf(node), consistencyRanges(checkpoint.size, size))
  return formatConsistency(hashes, older, newer)
}
