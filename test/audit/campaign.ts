import { parseArgs } from 'node:util'
import { testFolder } from '../support/test-folder.ts'
import { runCampaign } from './cases.ts'

/** Ten thousand spoiled audit logs, and two thousand that are as they may be: `npm run test:audit`. */
const { values } = parseArgs({
  options: { cases: { type: 'string', default: '12000' }, seed: { type: 'string', default: '1' } },
})
using folder = testFolder()
const { spoiled, undamaged, missed, falseAlarms } = await runCampaign(
  folder.path,
  Number(values.seed),
  Number(values.cases),
)
for (const [name, { cases, found }] of Object.entries(spoiled))
  process.stdout.write(`${found} of ${cases}: ${name}\n`)
for (const what of missed) process.stdout.write(`MISSED: ${what}\n`)
for (const what of falseAlarms) process.stdout.write(`FALSE ALARM: ${what}\n`)
process.stdout.write(`${undamaged} undamaged, ${falseAlarms.length} false alarms, ${missed.length} missed\n`)
if (missed.length + falseAlarms.length > 0) process.exitCode = 1
