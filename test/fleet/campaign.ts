import { parseArgs } from 'node:util'
import { PostgresServer } from '../support/postgres-server.ts'
import { seeded } from '../support/seeded.ts'
import { BAD_LUCK } from './machines.ts'
import { runHistory } from './run.ts'

/** The kinds of bad luck of one run. */
const IN_A_ROW = 5

/** Histories of fleets under bad luck, each from a seed: `npm run test:fleet`. */
const { values } = parseArgs({
  options: { runs: { type: 'string', default: '50' }, seed: { type: 'string', default: '1' } },
})
await using postgres = await PostgresServer.create()
const first = Number(values.seed)
for (let seed = first; seed < first + Number(values.runs); seed += 1) {
  const random = seeded(seed)
  const badLuck = Array.from({ length: IN_A_ROW }, () => random.pick(BAD_LUCK))
  const { operations, created, acknowledged, violations } = await runHistory(postgres, seed, badLuck)
  const counts = `${operations} operations, ${created} keys, ${acknowledged} acknowledged`
  process.stdout.write(`seed ${seed} (${badLuck.join(', ')}): ${counts}, ${violations.length} violations\n`)
  for (const violation of violations) process.stdout.write(`VIOLATION: ${violation}\n`)
  if (violations.length > 0) process.exitCode = 1
}
