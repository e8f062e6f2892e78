import { asExplainer } from '../app/explain.ts'
import { isCopy } from '../audit-index/event-facts.ts'
import { printableJson } from '../base/printable.ts'
import { ConfigError } from '../config/setting.ts'
import { callJson, formatCall } from '../explain/call-text.ts'
import { type ExplainedCall, explainCall } from '../explain/explain-call.ts'
import { parseRecordedEvent } from '../explain/recorded-event.ts'
import { type CommandInput, EXIT_FAILURE } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { openLog } from './log.ts'

/** `holdfast explain`: explains why a recorded call was allowed or denied. */
export async function explainRecorded(input: CommandInput): Promise<number> {
  const { config, output, json, progress } = input
  const [id = ''] = input.operands
  requireDataFolder(config)
  progress.report('looking for the event')
  const { explained, current } = await asExplainer(config, openLog(), async (explainer) => {
    const events = (await explainer.events.find(id)).map(parseRecordedEvent)
    const own = events.filter((event) => !isCopy(event))
    const calls: ExplainedCall[] = []
    for (const event of own.length === 0 ? events : own) calls.push(await explainCall(explainer, event))
    return { explained: calls, current: explainer.current() }
  })
  if (explained.length === 0) {
    const message = `no event or request has the ID ${id}`
    if (current) throw new ConfigError(message)
    output.complain(`holdfast: ${message}${BEHIND}`)
    return EXIT_FAILURE
  }
  for (const [index, call] of explained.entries()) {
    if (json) output.print(printableJson(callJson(call)))
    else output.print([...(index === 0 ? [] : ['']), ...formatCall(call)].join('\n'))
  }
  return 0
}

const BEHIND = ' in the index, which is behind the audit log. Try again'
