import assert from 'node:assert/strict'
import test from 'node:test'
import { compare } from './compare.ts'

const SEED = 2026
const DECISIONS = 20_000
/** Each answer comes at least this often: a comparison in which everything is refused shows little. */
const LEAST = DECISIONS / 20

test('decide and an evaluator that was written independently agree on random policies and requests', () => {
  const { counts, difference } = compare(SEED, DECISIONS)
  assert.equal(difference && JSON.stringify(difference, undefined, 1), undefined)
  for (const [answer, count] of Object.entries(counts)) assert.ok(count >= LEAST, `${answer}: ${count}`)
})
