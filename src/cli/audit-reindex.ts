import { join } from 'node:path'
import { AUDIT_FOLDER, INDEX_FOLDER, openDeployment } from '../app.ts'
import { systemFiles } from '../audit/files.ts'
import { systemClock, systemSleep } from '../base/ports.ts'
import { IndexService } from '../metering/index-service.ts'
import type { Command } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { openLog } from './log.ts'

/** `holdfast audit reindex`: makes the index again from the log. */
export const auditReindex: Command = {
  name: 'audit reindex',
  about: 'makes the index of the audit log again; a running server does it in the background',
  run: async ({ config, output }) => {
    requireDataFolder(config)
    const { records, auditKey, wrappingKey } = await openDeployment(config)
    wrappingKey[Symbol.dispose]()
    await records.close()
    const service = new IndexService({
      folder: join(config.data, INDEX_FOLDER),
      auditFolder: join(config.data, AUDIT_FOLDER),
      key: auditKey,
      files: systemFiles,
      clock: systemClock,
      sleep: systemSleep,
      log: openLog(),
    })
    try {
      service.rebuild()
      if (!service.claim()) {
        output.print('a server is running: it makes the index again in the background')
        return 0
      }
      await service.catchUp()
      const { value } = await service.answer({ ask: 'status', reachMs: 0 })
      output.print(`indexed: ${value.events} events`)
      return 0
    } finally {
      await service.close()
    }
  },
}
