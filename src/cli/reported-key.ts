import { systemClock } from '../base/ports.ts'
import { neverGiveWay } from '../base/slices.ts'
import type { ReportedKey } from '../compliance/facts.ts'
import { reportKey } from '../compliance/gather/keys.ts'
import type { CommandInput } from './command.ts'
import type { OpenIndex } from './index-service.ts'
import { noKey, placeOf } from './named-key.ts'

/** How long a command waits for the index to reach the end of the log. */
export const REACH_MS = 60_000

/** The warning when the index has not reached the end of the log in time. */
export const BEHIND = 'warning: the index is behind the audit log, so the latest calls are not counted'

/** The calls on a key, from the index; prints a warning when the index is behind. */
export function touchesFrom(
  { service }: OpenIndex,
  { output }: Pick<CommandInput, 'output'>,
): (keyArn: string) => Promise<ReportedKey['touches']> {
  let complained = false
  return async (key) => {
    const { value, current } = await service.answer({
      ask: 'touches',
      key,
      reachMs: complained ? 0 : REACH_MS,
    })
    if (!current && !complained) {
      complained = true
      output.complain(BEHIND)
    }
    return value
  }
}

/** The key that the first operand names, with its facts. @throws ConfigError when no such key exists. */
export async function needReportedKey(input: CommandInput, open: OpenIndex): Promise<ReportedKey> {
  const { config, operands } = input
  const [text = ''] = operands
  const place = await placeOf(config, open.records, text)
  const dependencies = {
    records: open.records,
    touches: touchesFrom(open, input),
    giveWay: neverGiveWay,
    withGrants: true,
  }
  const key = place && (await reportKey(dependencies, place, systemClock.now()))
  if (key === undefined) throw noKey('KEY', config, text)
  return key
}
