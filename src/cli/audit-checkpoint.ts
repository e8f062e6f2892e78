import { makeCheckpoint } from '../audit/proofs/checkpoints.ts'
import { formatVerifierKey, originOf } from '../audit/proofs/note.ts'
import { withTrees } from './audit-trees.ts'
import type { Command } from './command.ts'

/** `holdfast audit checkpoint`: signs how far the log goes. */
export const auditCheckpoint: Command = {
  name: 'audit checkpoint',
  about: 'signs and prints a checkpoint of each node, to be kept elsewhere; verifier keys on standard error',
  run: ({ config, output }) =>
    withTrees(config, async ({ heads, checkpoints }) => {
      const { signingKey } = checkpoints
      for (const [node, head] of heads) {
        output.print((await makeCheckpoint(checkpoints, node, head)).trimEnd())
        const name = originOf(signingKey, node)
        output.complain(`${node}: ${formatVerifierKey({ name, publicKey: signingKey.publicKey })}`)
      }
      return 0
    }),
}
