import { join } from 'node:path'
import { archiveNow } from '../app/archive.ts'
import { AUDIT_FOLDER, INDEX_FOLDER, openDeployment, openNodeJournal } from '../app/deployment.ts'
import { segmentFiles } from '../audit/archive/segment-files.ts'
import { IndexService } from '../audit-index/index-service.ts'
import { systemClock, systemSleep } from '../base/ports.ts'
import { ConfigError } from '../config/setting.ts'
import { type Command, EXIT_FAILURE } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { openLog } from './log.ts'

/** `holdfast audit archive`: does at once what a server does every ten minutes. */
export const auditArchive: Command = {
  name: 'audit archive',
  about: 'compresses closed files of the audit log, as --audit-live-days and --audit-live-mib say',
  run: async ({ config, output }) => {
    requireDataFolder(config)
    const { ageMs, sizeBytes } = config.archive
    if (ageMs === undefined && sizeBytes === undefined)
      throw new ConfigError(
        '--audit-live-days or --audit-live-mib required: without them everything stays as it is',
      )
    const log = openLog()
    await using stack = new AsyncDisposableStack()
    const deployment = await openDeployment(config)
    deployment.wrappingKey[Symbol.dispose]()
    stack.defer(() => deployment.records.close())
    const journal = await openNodeJournal(config, deployment, { log })
    stack.defer(() => journal.close())
    const index = new IndexService({
      folder: join(config.data, INDEX_FOLDER),
      auditFolder: join(config.data, AUDIT_FOLDER),
      key: deployment.auditKey,
      ...{ files: segmentFiles, clock: systemClock, sleep: systemSleep, log },
    })
    stack.defer(() => index.close())
    await index.catchUp()
    const indexed = async () => (await index.answer({ ask: 'sequences', reachMs: 0 })).value
    const archived = await archiveNow({ config, deployment, journal, indexed, log })
    if (archived === undefined) {
      output.complain('holdfast: another process is archiving')
      return EXIT_FAILURE
    }
    output.print(`archived: ${archived} segments`)
    return 0
  },
}
