import { join } from 'node:path'
import { AUDIT_FOLDER, openDeployment } from '../app/deployment.ts'
import type { FollowDependencies } from '../audit/log/follow.ts'
import type { AuditHead } from '../audit/log/head.ts'
import { readHeads } from '../audit/log/journal.ts'
import type { CheckpointDependencies } from '../audit/proofs/checkpoints.ts'
import { growTree } from '../audit/proofs/tree.ts'
import { systemRandom } from '../base/ports.ts'
import type { CommandInput } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { countedFiles } from './progress.ts'

/** The trees of an audit log. */
export type AuditTrees = {
  readonly heads: ReadonlyMap<string, AuditHead>
  readonly logOf: (node: string) => FollowDependencies
  readonly checkpoints: CheckpointDependencies
}

/** Runs on the audit log of a data folder. @throws ConfigError. */
export async function withTrees<T>(
  { config, progress }: Pick<CommandInput, 'config' | 'progress'>,
  run: (trees: AuditTrees) => Promise<T>,
): Promise<T> {
  requireDataFolder(config)
  progress.report('reading the audit log')
  const folder = join(config.data, AUDIT_FOLDER)
  const { records, auditKey, auditPlace, checkpointKey, wrappingKey } = await openDeployment(config)
  const files = countedFiles(auditPlace.segments, progress)
  wrappingKey[Symbol.dispose]()
  const logOf = (node: string): FollowDependencies => ({
    files,
    folder: join(folder, node),
    chain: { node, key: auditKey },
  })
  try {
    return await run({
      heads: await readHeads(records),
      logOf,
      checkpoints: {
        records,
        files,
        folder,
        signingKey: checkpointKey,
        random: systemRandom,
        grow: (node, from, until) => growTree(logOf(node), from, until),
      },
    })
  } finally {
    await records.close()
  }
}
