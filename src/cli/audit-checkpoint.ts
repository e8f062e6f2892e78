import { makeCheckpoint } from '../audit/proofs/checkpoints.ts'
import { formatVerifierKey, originOf } from '../audit/proofs/note.ts'
import { withTrees } from './audit-trees.ts'
import type { CommandInput } from './command.ts'
import { printNext, printResult } from './result.ts'

/** `holdfast audit checkpoint`: signs the current state of each log. */
export async function printCheckpoints(input: CommandInput): Promise<number> {
  const signed = await withTrees(input, async ({ heads, checkpoints }) => {
    const { publicKey } = checkpoints.signingKey
    const made = []
    for (const [node, head] of heads) {
      const checkpoint = (await makeCheckpoint(checkpoints, node, head)).trimEnd()
      const name = originOf(checkpoints.signingKey, node)
      made.push({ node, checkpoint, verifierKey: formatVerifierKey({ name, publicKey }) })
    }
    return made
  })
  printResult(input, { checkpoints: signed }, () => signed.map(({ checkpoint }) => checkpoint))
  if (input.json) return 0
  for (const { node, verifierKey } of signed) input.output.complain(`${node}: ${verifierKey}`)
  printNext(
    input,
    'keep both elsewhere; holdfast audit prove-consistency FILE proves later that the log extends it',
  )
  return 0
}
