import { parseArgs } from 'node:util'
import { compare } from './reference/compare.ts'

/** A million random decisions against the second evaluator: `npm run test:policies`. */
const { values } = parseArgs({
  options: { decisions: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } },
})
const decisions = Number(values.decisions)
const { counts, difference } = compare(Number(values.seed), decisions)
process.stdout.write(`${JSON.stringify({ seed: Number(values.seed), decisions, counts })}\n`)
if (difference !== undefined) {
  process.stdout.write(`${JSON.stringify(difference, undefined, 1)}\n`)
  process.exitCode = 1
}
