import { join } from 'node:path'
import { archiveNow } from '../app/archive.ts'
import { AUDIT_FOLDER, INDEX_FOLDER, openDeployment, openNodeJournal } from '../app/deployment.ts'
import { IndexService } from '../audit-index/index-service.ts'
import { systemClock, systemSleep } from '../base/ports.ts'
import { ConfigError } from '../config/setting.ts'
import { type CommandInput, EXIT_FAILURE } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { openLog } from './log.ts'
import { countedFiles } from './progress.ts'
import { printResult } from './result.ts'

/** `holdfast audit archive`: archives segments at once; a server does so every ten minutes. */
export async function archiveAudit(input: CommandInput): Promise<number> {
  const { config, output, progress } = input
  requireDataFolder(config)
  const { ageMs, sizeBytes } = config.archive
  if (ageMs === undefined && sizeBytes === undefined)
    throw new ConfigError('--audit-live-days or --audit-live-mib: expected at least one of them; got neither')
  progress.report('archiving the audit log')
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
    files: countedFiles(deployment.auditPlace.segments, progress),
    ...{ clock: systemClock, sleep: systemSleep, log },
  })
  stack.defer(() => index.close())
  await index.catchUp()
  const indexed = async () => (await index.answer({ ask: 'sequences', reachMs: 0 })).value
  const segments = await archiveNow({ config, deployment, journal, indexed, log })
  if (segments === undefined) {
    output.complain('holdfast: another process is archiving. Try again when it has finished')
    return EXIT_FAILURE
  }
  printResult(input, { segments }, () => [`archived ${segments} segments`])
  return 0
}
