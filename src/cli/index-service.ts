import { join } from 'node:path'
import { AUDIT_FOLDER, INDEX_FOLDER, openDeployment } from '../app/deployment.ts'
import { segmentFiles } from '../audit/archive/segment-files.ts'
import { IndexService } from '../audit-index/index-service.ts'
import { systemClock, systemSleep } from '../base/ports.ts'
import type { Config } from '../config/settings.ts'
import { requireDataFolder } from './data-folder.ts'
import { openLog } from './log.ts'

/** An open data folder, and the index of its audit log. */
export type OpenIndex = {
  readonly records: Awaited<ReturnType<typeof openDeployment>>['records']
  readonly service: IndexService
  /** The deployment's, for what is signed. */
  readonly signingKey: Awaited<ReturnType<typeof openDeployment>>['checkpointKey']
}

/** Runs on the index of a data folder, whether a server has it open or not. @throws ConfigError. */
export async function withIndex<T>(config: Config, run: (open: OpenIndex) => Promise<T>): Promise<T> {
  requireDataFolder(config)
  const { records, auditKey, wrappingKey, checkpointKey: signingKey } = await openDeployment(config)
  wrappingKey[Symbol.dispose]()
  const service = new IndexService({
    folder: join(config.data, INDEX_FOLDER),
    auditFolder: join(config.data, AUDIT_FOLDER),
    key: auditKey,
    files: segmentFiles,
    clock: systemClock,
    sleep: systemSleep,
    log: openLog(),
  })
  try {
    return await run({ records, service, signingKey })
  } finally {
    await service.close()
    await records.close()
  }
}
