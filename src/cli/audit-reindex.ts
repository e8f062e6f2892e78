import type { CommandInput } from './command.ts'
import { withIndex } from './index-service.ts'
import { printResult } from './result.ts'

/** `holdfast audit reindex`: rebuilds the index from the log. */
export function reindexAudit(input: CommandInput): Promise<number> {
  return withIndex(input, async ({ service }) => {
    service.rebuild()
    if (!service.claim()) {
      printResult(input, { inBackground: true, events: null }, () => [
        'the running server rebuilds the index in the background',
      ])
      return 0
    }
    await service.catchUp()
    const { value } = await service.answer({ ask: 'status', reachMs: 0 })
    printResult(input, { inBackground: false, events: value.events }, () => [
      `indexed ${value.events} events`,
    ])
    return 0
  })
}
