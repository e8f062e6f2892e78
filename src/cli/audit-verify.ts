import { join } from 'node:path'
import { AUDIT_FOLDER, openDeployment } from '../app/deployment.ts'
import { readArchived } from '../audit/archive/archiver.ts'
import { withArchives } from '../audit/archive/segment-files.ts'
import { formatDamage } from '../audit/log/damage.ts'
import { systemFiles } from '../audit/log/files.ts'
import { readHeads } from '../audit/log/journal.ts'
import { readTrees } from '../audit/proofs/checkpoints.ts'
import { readCheckpoints } from '../audit/proofs/kept-checkpoints.ts'
import { type Verification, verifyLog } from '../audit/verify/verify.ts'
import { systemClock } from '../base/ports.ts'
import { type Command, EXIT_FAILURE, type Output } from './command.ts'
import { requireDataFolder } from './data-folder.ts'

/** `holdfast audit verify`: checks every event of the log. */
export const auditVerify: Command = {
  name: 'audit verify',
  about: 'checks every event of the audit log and names the first damaged place',
  flags: {
    archive: { about: 'a folder with archives that are kept elsewhere, below the names of their nodes' },
  },
  run: async ({ config, output, flags }) => {
    requireDataFolder(config)
    const folder = join(config.data, AUDIT_FOLDER)
    const { records, auditKey, checkpointKey, wrappingKey } = await openDeployment(config)
    wrappingKey[Symbol.dispose]()
    try {
      // In this order a running server cannot get ahead of what is compared with it.
      const checkpoints = await readCheckpoints(systemFiles, folder, checkpointKey)
      const trees = await readTrees(records)
      const archived = await readArchived(records)
      const now = systemClock.now()
      const heads = await readHeads(records)
      const files = withArchives(systemFiles, flags['archive'])
      const told = { heads, trees, checkpoints, archived, now }
      return report(
        await verifyLog({ folder, key: auditKey, signingKey: checkpointKey, files, ...told }),
        output,
      )
    } finally {
      await records.close()
    }
  },
}

function report(found: Verification, output: Output): number {
  const { events, batches, segments, nodes, firstDamage } = found
  for (const node of found.withoutHead)
    output.complain(`${node}: no saved head, so a cut-off tail would not be seen`)
  for (const { node, file, offset, sizeBytes } of found.unfinished) {
    output.complain(`${node}/${file}: ${sizeBytes} bytes from offset ${offset} on are not a batch yet`)
  }
  for (const warning of found.warnings) output.complain(`warning: ${formatDamage(warning)}`)
  if (found.clockSteps > 0) output.complain(`warning: places where the clock went back: ${found.clockSteps}`)
  if (firstDamage !== undefined) {
    output.complain(`DAMAGED: ${formatDamage(firstDamage)}`)
    return EXIT_FAILURE
  }
  output.print(`whole: ${events} events in ${batches} batches, ${segments} segments, ${nodes} nodes`)
  return 0
}
