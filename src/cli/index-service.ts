import { join } from 'node:path'
import { AUDIT_FOLDER, INDEX_FOLDER, openDeployment } from '../app/deployment.ts'
import type { CollectDependencies } from '../audit-index/collect.ts'
import { IndexService } from '../audit-index/index-service.ts'
import { systemClock, systemSleep } from '../base/ports.ts'
import type { CommandInput } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { openLog } from './log.ts'
import { countedFiles } from './progress.ts'

/** An open data folder, and the index of its audit log. */
export type OpenIndex = {
  readonly records: Awaited<ReturnType<typeof openDeployment>>['records']
  readonly service: IndexService
  /** The log from which the index is derived. */
  readonly log: CollectDependencies
  /** The deployment's signing key. */
  readonly signingKey: Awaited<ReturnType<typeof openDeployment>>['checkpointKey']
}

/** Runs `use` on the index of a data folder, with or without a running server. @throws ConfigError. */
export async function withIndex<T>(
  { config, progress }: Pick<CommandInput, 'config' | 'progress'>,
  run: (open: OpenIndex) => Promise<T>,
): Promise<T> {
  requireDataFolder(config)
  progress.report('reading the audit log')
  const deployment = await openDeployment(config)
  const { records, auditKey, auditPlace, wrappingKey, checkpointKey: signingKey } = deployment
  wrappingKey[Symbol.dispose]()
  const log: CollectDependencies = {
    auditFolder: join(config.data, AUDIT_FOLDER),
    key: auditKey,
    files: countedFiles(auditPlace.segments, progress),
  }
  const service = new IndexService({
    ...log,
    folder: join(config.data, INDEX_FOLDER),
    clock: systemClock,
    sleep: systemSleep,
    log: openLog(),
  })
  try {
    return await run({ records, service, log, signingKey })
  } finally {
    await service.close()
    await records.close()
  }
}
