import { asExplainer } from '../app/explain.ts'
import { isCopy } from '../audit-index/event-facts.ts'
import { printableJson } from '../base/printable.ts'
import { ConfigError } from '../config/setting.ts'
import { callJson, formatCall } from '../explain/call-text.ts'
import { type ExplainedCall, explainCall } from '../explain/explain-call.ts'
import { parseRecordedEvent } from '../explain/recorded-event.ts'
import { type Command, EXIT_FAILURE } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { openLog } from './log.ts'

/** A UUID, as requests and events have it. */
const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** `holdfast explain`: why a recorded call was allowed or refused. */
export const explain: Command = {
  name: 'explain',
  operands: ['ID'],
  about: 'says why a recorded call was allowed or refused, by its request id or event id',
  flags: { json: { about: 'prints JSON', kind: 'switch' } },
  run: async ({ config, operands: [id = ''], output, switches }) => {
    if (!ID.test(id)) throw new ConfigError('ID: the id of a request or event is required, a UUID')
    requireDataFolder(config)
    const { explained, current } = await asExplainer(config, openLog(), async (explainer) => {
      const events = (await explainer.events.find(id)).map(parseRecordedEvent)
      const own = events.filter((event) => !isCopy(event))
      const calls: ExplainedCall[] = []
      for (const event of own.length === 0 ? events : own) calls.push(await explainCall(explainer, event))
      return { explained: calls, current: explainer.current() }
    })
    if (explained.length === 0) {
      output.complain(`holdfast: no event has this id, nor has its request${current ? '' : BEHIND}`)
      return EXIT_FAILURE
    }
    for (const [index, call] of explained.entries()) {
      if (switches.has('json')) output.print(printableJson(callJson(call)))
      else output.print([...(index === 0 ? [] : ['']), ...formatCall(call)].join('\n'))
    }
    return 0
  },
}

const BEHIND = ', as far as the index has come: it is behind the audit log'
