import { findKeyUses, type KeyUse } from '../audit-index/key-uses.ts'
import { formatTable } from '../base/table.ts'
import { formatInstant, formatSecond } from '../compliance/facts.ts'
import { type CommandInput, EXIT_FAILURE } from './command.ts'
import { withIndex } from './index-service.ts'
import { usedKey } from './named-key.ts'
import { REACH_MS } from './reported-key.ts'
import { printNext, printResult } from './result.ts'
import { parseRange } from './time-range.ts'

/** `holdfast who-used KEY`: shows principals, source addresses, operations, counts, first and last times. */
export function showWhoUsed(input: CommandInput): Promise<number> {
  const { config, operands, output } = input
  const { fromMs, toMs } = parseRange(input)
  return withIndex(input, async ({ records, service, log }) => {
    const { arn, exists } = await usedKey('KEY', config, records, operands[0] ?? '')
    if (!exists) output.complain(`warning: the key ${arn} no longer exists; its recorded calls are shown`)
    const [, , , region = ''] = arn.split(':')
    const found = await findKeyUses(log, service, { key: arn, region, fromMs, toMs }, REACH_MS)
    const { source, broken } = found
    const range = { from: formatInstant(fromMs), to: formatInstant(toMs) }
    printResult(input, { key: arn, ...range, source, uses: found.uses.map(jsonOf) }, () =>
      found.uses.length === 0
        ? [`no recorded calls on ${arn} from ${range.from} to ${range.to}`]
        : formatTable([COLUMNS, ...found.uses.map(rowOf)]),
    )
    for (const reason of broken) output.complain(`the log was not read beyond this place: ${reason}`)
    if (found.uses.length > 0) printNext(input, 'holdfast explain EVENT_ID explains one call')
    return broken.length === 0 ? 0 : EXIT_FAILURE
  })
}

const COLUMNS = ['principal', 'address', 'operation', 'calls', 'failures', 'first', 'last', 'last event']

function rowOf(use: KeyUse): readonly string[] {
  const { principal, address, operation, calls, failures, firstSecond, lastSecond, lastEventId } = use
  const counts = [String(calls), String(failures)]
  return [
    principal,
    address,
    operation,
    ...counts,
    formatSecond(firstSecond),
    formatSecond(lastSecond),
    lastEventId,
  ]
}

function jsonOf({ firstSecond, lastSecond, lastEventId, ...use }: KeyUse): object {
  return { ...use, first: formatSecond(firstSecond), last: formatSecond(lastSecond), lastEventId }
}
