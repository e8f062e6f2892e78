import { printableJson } from '../base/printable.ts'
import { neverGiveWay } from '../base/slices.ts'
import { reportPrincipals } from '../compliance/gather/principals.ts'
import { impactOf, jsonOfImpact } from '../compliance/impact.ts'
import { formatImpact } from '../compliance/impact-text.ts'
import type { CommandInput } from './command.ts'
import { withIndex } from './index-service.ts'
import { needReportedKey } from './reported-key.ts'
import { asksForJson } from './result.ts'

/** `holdfast impact KEY`: shows what depends on a key, before it is disabled or deleted. */
export function showImpact(input: CommandInput): Promise<number> {
  return withIndex(input, async (open) => {
    const key = await needReportedKey(input, open)
    const found = impactOf(key, await reportPrincipals(open.records, neverGiveWay))
    const lines = asksForJson(input) ? [printableJson(jsonOfImpact(found))] : formatImpact(found)
    for (const line of lines) input.output.print(line)
    return 0
  })
}
