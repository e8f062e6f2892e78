import { KmsError } from '../api/errors.ts'
import { systemClock } from '../base/ports.ts'
import { ConfigError } from '../config/setting.ts'
import { findKeyPlace, reportKey } from '../reporting/keys.ts'
import type { ReportedKey } from '../reports/facts.ts'
import type { CommandInput } from './command.ts'
import type { OpenIndex } from './index-service.ts'

/** How long a command waits for the index to come to where the log is. */
export const REACH_MS = 60_000

/** What is said when the index has not come so far in time. */
const BEHIND = 'the index is behind the audit log: the latest calls are not counted'

/** What a command can be written as, beside a table. */
const FORMATS = ['table', 'json'] as const

/** One of the formats of commands about keys. */
export type KeyFormat = (typeof FORMATS)[number]

/** @throws ConfigError. */
export function parseKeyFormat(text: string | undefined): KeyFormat {
  const format = FORMATS.find((known) => known === (text ?? 'table'))
  if (format === undefined) throw new ConfigError(`--format: one of ${FORMATS.join(', ')} required`)
  return format
}

/** The calls on a key, from the index; complains when the index is behind. */
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

/** The key that the first operand names, with what is known of it. @throws ConfigError when there is none. */
export async function needReportedKey(input: CommandInput, open: OpenIndex): Promise<ReportedKey> {
  const { config, operands } = input
  const { account, region } = config
  const [text = ''] = operands
  const now = systemClock.now()
  try {
    const place = await findKeyPlace(open.records, { account, region, now }, text)
    const parts = { records: open.records, touches: touchesFrom(open, input) }
    const key = place && (await reportKey(parts, place, now))
    if (key !== undefined) return key
  } catch (error) {
    if (!(error instanceof KmsError)) throw error
  }
  throw new ConfigError(
    `there is no key '${text}': a key ARN or alias ARN, or a key id or alias of account ${account} in ${region} required`,
  )
}
