import type { Command } from './command.ts'
import { withIndex } from './index-service.ts'

/** `holdfast audit reindex`: makes the index again from the log. */
export const auditReindex: Command = {
  name: 'audit reindex',
  about: 'makes the index of the audit log again; a running server does it in the background',
  run: ({ config, output }) =>
    withIndex(config, async ({ service }) => {
      service.rebuild()
      if (!service.claim()) {
        output.print('a server is running: it makes the index again in the background')
        return 0
      }
      await service.catchUp()
      const { value } = await service.answer({ ask: 'status', reachMs: 0 })
      output.print(`indexed: ${value.events} events`)
      return 0
    }),
}
