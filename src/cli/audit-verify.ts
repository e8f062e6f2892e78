import { join } from 'node:path'
import { AUDIT_FOLDER, openDeployment } from '../app/deployment.ts'
import { readArchived } from '../audit/archive/archiver.ts'
import { withArchives } from '../audit/archive/segment-files.ts'
import { formatDamage } from '../audit/log/damage.ts'
import { readHeads } from '../audit/log/journal.ts'
import { readTrees } from '../audit/proofs/checkpoints.ts'
import { readCheckpoints } from '../audit/proofs/kept-checkpoints.ts'
import { type Verification, verifyLog } from '../audit/verify/verify.ts'
import { formatCount } from '../base/count.ts'
import { systemClock } from '../base/ports.ts'
import { type CommandInput, EXIT_FAILURE } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { countedFiles } from './progress.ts'
import { printNext, printResult } from './result.ts'

/** `holdfast audit verify`: checks every event of the log. */
export async function verifyAudit(input: CommandInput): Promise<number> {
  const { config, flags, progress } = input
  requireDataFolder(config)
  progress.report('verifying the audit log')
  const folder = join(config.data, AUDIT_FOLDER)
  const { records, auditKey, auditPlace, checkpointKey, wrappingKey } = await openDeployment(config)
  wrappingKey[Symbol.dispose]()
  try {
    // Checkpoints are read before events: a running server may append events meanwhile, and they must not count
    // as missing.
    const checkpoints = await readCheckpoints(auditPlace.files, folder, checkpointKey)
    const trees = await readTrees(records)
    const archived = await readArchived(records)
    const now = systemClock.now()
    const heads = await readHeads(records)
    const files = withArchives(countedFiles(auditPlace.files, progress), flags['archive'])
    const told = { heads, trees, checkpoints, archived, now }
    return report(
      await verifyLog({ folder, key: auditKey, signingKey: checkpointKey, files, ...told }),
      input,
    )
  } finally {
    await records.close()
  }
}

function report(found: Verification, input: CommandInput): number {
  const { events, batches, segments, nodes, firstDamage } = found
  const warnings = warningsOf(found)
  const damage = firstDamage === undefined ? null : formatDamage(firstDamage)
  const intact = damage === null
  if (!input.json) for (const warning of warnings) input.output.complain(`warning: ${warning}`)
  if (!intact && !input.json) input.output.complain(`DAMAGED: ${damage}`)
  printResult(input, { intact, events, batches, segments, nodes, damage, warnings }, () =>
    intact ? [`intact: ${formatExtent(found)}`] : [],
  )
  if (intact) return 0
  printNext(
    input,
    'keep a copy of the data folder as it is; docs/reference/audit-log.md says what damage means',
  )
  return EXIT_FAILURE
}

function formatExtent({ events, batches, segments, nodes }: Verification): string {
  const inBatches = `${formatCount(events, 'event')} in ${formatCount(batches, 'batch', 'batches')}`
  return `${inBatches}, ${formatCount(segments, 'segment')}, ${formatCount(nodes, 'node')}`
}

function warningsOf({ withoutHead, unfinished, warnings, clockSteps }: Verification): readonly string[] {
  return [
    ...withoutHead.map((node) => `${node}: no saved head, so a truncated log would not be detected`),
    ...unfinished.map(
      ({ node, file, offset, sizeBytes }) =>
        `${node}/${file}: ${sizeBytes} bytes from offset ${offset} on are an unfinished batch`,
    ),
    ...warnings.map(formatDamage),
    ...(clockSteps > 0 ? [`the clock went back in ${clockSteps} places`] : []),
  ]
}
