import { printableJson } from '../base/printable.ts'
import { formatMaterials, jsonOfMaterials, materialUsage, rotationAdvice } from '../compliance/materials.ts'
import type { Command } from './command.ts'
import { withIndex } from './index-service.ts'
import { needReportedKey, parseKeyFormat } from './reported-key.ts'

/** `holdfast materials KEY`: which versions of a key's material are still in use. */
export const materials: Command = {
  name: 'materials',
  operands: ['KEY'],
  about: "shows which of a key's materials still decrypt: how often, when last and for whom",
  flags: { format: { about: 'table or json; default table' } },
  run: (input) =>
    withIndex(input.config, async (open) => {
      const format = parseKeyFormat(input.flags['format'])
      const key = await needReportedKey(input, open)
      const usage = materialUsage(key)
      if (format === 'json') {
        input.output.print(printableJson({ key: key.arn, materials: jsonOfMaterials(usage) }))
        return 0
      }
      for (const line of formatMaterials(usage)) input.output.print(line)
      input.output.complain(rotationAdvice(usage))
      return 0
    }),
}
