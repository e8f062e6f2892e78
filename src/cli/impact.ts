import { printableJson } from '../base/printable.ts'
import { neverGiveWay } from '../base/slices.ts'
import { reportPrincipals } from '../compliance/gather/principals.ts'
import { impactOf, jsonOfImpact } from '../compliance/impact.ts'
import { formatImpact } from '../compliance/impact-text.ts'
import type { Command } from './command.ts'
import { withIndex } from './index-service.ts'
import { needReportedKey, parseKeyFormat } from './reported-key.ts'

/** `holdfast impact KEY`: what hangs on a key, to be known before it is disabled or deleted. */
export const impact: Command = {
  name: 'impact',
  operands: ['KEY'],
  about: 'shows who uses a key, from where, what points at it and what fails without it',
  flags: { format: { about: 'table or json; default table' } },
  run: (input) =>
    withIndex(input.config, async (open) => {
      const format = parseKeyFormat(input.flags['format'])
      const key = await needReportedKey(input, open)
      const found = impactOf(key, await reportPrincipals(open.records, neverGiveWay))
      const lines = format === 'json' ? [printableJson(jsonOfImpact(found))] : formatImpact(found)
      for (const line of lines) input.output.print(line)
      return 0
    }),
}
