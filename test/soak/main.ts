import { parseArgs } from 'node:util'
import { runSoak } from './soak.ts'

/** Half an hour under every flood at once: `npm run soak -- --minutes 30`. */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '2' },
  },
})
const report = await runSoak({
  seconds: Math.round(Number(values.minutes) * 60),
  seed: Number(values.seed),
  workers: Number(values.workers),
  progress: (line) => process.stderr.write(`${line}\n`),
})
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
if (report.failures.length > 0) process.exitCode = 1
