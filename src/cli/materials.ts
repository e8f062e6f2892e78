import { printableJson } from '../base/printable.ts'
import { formatMaterials, jsonOfMaterials, materialUsage, rotationAdvice } from '../compliance/materials.ts'
import type { CommandInput } from './command.ts'
import { withIndex } from './index-service.ts'
import { needReportedKey } from './reported-key.ts'
import { asksForJson } from './result.ts'

/** `holdfast materials KEY`: shows which key materials of a key are still in use. */
export function showMaterials(input: CommandInput): Promise<number> {
  return withIndex(input, async (open) => {
    const key = await needReportedKey(input, open)
    const usage = materialUsage(key)
    if (asksForJson(input)) {
      input.output.print(printableJson({ key: key.arn, materials: jsonOfMaterials(usage) }))
      return 0
    }
    for (const line of formatMaterials(usage)) input.output.print(line)
    input.output.complain(rotationAdvice(usage))
    return 0
  })
}
