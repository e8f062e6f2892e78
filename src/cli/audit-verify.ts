import { join } from 'node:path'
import { formatDamage } from '../audit/damage.ts'
import { readHeads } from '../audit/journal.ts'
import { type Verification, verifyLog } from '../audit/verify.ts'
import { AUDIT_FOLDER, openDeployment } from '../deployment.ts'
import { type Command, EXIT_FAILURE, type Output } from './command.ts'
import { requireDataFolder } from './data-folder.ts'

/** `holdfast audit verify`: checks every event of the log. */
export const auditVerify: Command = {
  name: 'audit verify',
  about: 'checks every event of the audit log and names the first damaged place',
  run: async ({ config, output }) => {
    requireDataFolder(config)
    const folder = join(config.data, AUDIT_FOLDER)
    const { records, auditKey, wrappingKey } = await openDeployment(config)
    wrappingKey[Symbol.dispose]()
    try {
      const heads = await readHeads(records)
      return report(await verifyLog({ folder, key: auditKey, heads }), output)
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
  if (firstDamage !== undefined) {
    output.complain(`DAMAGED: ${formatDamage(firstDamage)}`)
    return EXIT_FAILURE
  }
  output.print(`whole: ${events} events in ${batches} batches, ${segments} segments, ${nodes} nodes`)
  return 0
}
