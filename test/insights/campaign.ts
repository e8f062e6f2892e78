/** `npm run test:insights [SEED...]`: precision and recall over synthetic months. */

import { INSIGHT_TYPES } from '../../src/insights/detector/anomaly.ts'
import { insightRules, SENSITIVITIES } from '../../src/insights/detector/rules.ts'
import { noScores, scoreMonth } from './score.ts'

/** Seeds that no number was chosen by. */
const SEEDS = [301, 302, 303, 304, 305, 306, 307, 308]

const print = (line: string): void => void process.stdout.write(`${line}\n`)
const isVerbose = process.argv.includes('--wrong')
const given = process.argv.slice(2).filter((text) => /^\d+$/.test(text))
const sensitivity = SENSITIVITIES.find((known) => process.argv.includes(`--${known}`)) ?? 'normal'
const rules = insightRules(sensitivity, 7)
const seeds = given.length === 0 ? SEEDS : given.map(Number)
const scores = noScores()
for (const seed of seeds) {
  const wrong = scoreMonth({ seed }, rules, scores)
  if (!isVerbose) continue
  for (const { second, type, operation, subject, baseline, insight } of wrong) {
    const at = new Date(second * 1000).toISOString()
    const who = Object.values(subject).join(' ')
    print(`${seed} ${at} ${type} ${operation} ${who} ${baseline.toFixed(2)} -> ${insight.toFixed(1)}`)
  }
}
print(`seeds ${seeds.join(' ')}, sensitivity ${sensitivity}`)
print('| insight | incidents | found | recall | insights | right | precision |')
print('| --- | --- | --- | --- | --- | --- | --- |')
for (const type of INSIGHT_TYPES) {
  const { incidents, found, insights, right } = scores[type]
  const recall = (found / incidents).toFixed(3)
  const precision = insights === 0 ? 'none' : (right / insights).toFixed(3)
  print(`| ${type} | ${incidents} | ${found} | ${recall} | ${insights} | ${right} | ${precision} |`)
}
