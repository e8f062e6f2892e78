import { makeCheckpoint } from '../audit/proofs/checkpoints.ts'
import { consistencyRanges } from '../audit/proofs/merkle.ts'
import { type Checkpoint, openCheckpoint, originOf } from '../audit/proofs/note.ts'
import { formatConsistency } from '../audit/proofs/proof.ts'
import { rootsOf } from '../audit/proofs/tree.ts'
import { ConfigError } from '../config/setting.ts'
import { CHECK_PROOF } from './audit-prove.ts'
import { type AuditTrees, withTrees } from './audit-trees.ts'
import { type CommandInput, EXIT_FAILURE } from './command.ts'
import { readProofFile } from './proof-file.ts'
import { printNext, printResult } from './result.ts'

/** `holdfast audit prove-consistency`: proves that no event before an older checkpoint was rewritten. */
export function proveConsistency(input: CommandInput): Promise<number> {
  const { flags, output } = input
  const [file = ''] = input.operands
  return withTrees(input, async (trees) => {
    const found = findOlder(trees, await readProofFile(file))
    const chosen = flags['node'] === undefined ? found : found.filter(({ node }) => node === flags['node'])
    const [first, second] = chosen
    if (first === undefined) {
      const whose = flags['node'] === undefined ? '' : ` for ${flags['node']}`
      output.complain(`holdfast: ${file} is not a checkpoint that this log signed${whose}`)
      return EXIT_FAILURE
    }
    if (second !== undefined) {
      const nodes = chosen.map(({ node }) => node).join(', ')
      throw new ConfigError(`--node: expected one of ${nodes}, whose checkpoints are in ${file}; got nothing`)
    }
    const proof = (await prove(trees, first.node, first)).trimEnd()
    printResult(input, { node: first.node, proof }, () => [proof])
    printNext(input, CHECK_PROOF)
    return 0
  })
}

/** The first line of each checkpoint in a file of several: the line with its origin. */
const ORIGIN_LINE = /^(?=holdfast\/)/m

function findOlder(
  { heads, checkpoints: { signingKey } }: AuditTrees,
  text: string,
): readonly (Older & { readonly node: string })[] {
  const notes = text.split(ORIGIN_LINE)
  return [...heads.keys()].flatMap((node) => {
    const key = { name: originOf(signingKey, node), publicKey: signingKey.publicKey }
    return notes.flatMap((older) => {
      const checkpoint = openCheckpoint(older, key)
      return checkpoint === undefined ? [] : [{ node, older, checkpoint }]
    })
  })
}

type Older = { readonly older: string; readonly checkpoint: Checkpoint }

async function prove(
  { heads, logOf, checkpoints }: AuditTrees,
  node: string,
  { older, checkpoint }: Older,
): Promise<string> {
  const head = heads.get(node)
  if (head === undefined) throw new Error(`${node}: no saved head`)
  const newer = await makeCheckpoint(checkpoints, node, head)
  const { signingKey } = checkpoints
  const key = { name: originOf(signingKey, node), publicKey: signingKey.publicKey }
  const { size = 0 } = openCheckpoint(newer, key) ?? {}
  if (size < checkpoint.size) throw new Error(`the log ends with event ${size}, before the checkpoint`)
  const hashes = await rootsOf(logOf(node), consistencyRanges(checkpoint.size, size))
  return formatConsistency(hashes, older, newer)
}
