import assert from 'node:assert/strict'
import test from 'node:test'
import { decide } from '../../src/policy/decide.ts'
import { explainDecision } from '../../src/policy/explain.ts'
import { smallestChange, withChanges, withSent } from '../../src/policy/smallest-change.ts'
import { ELEMENT_ROWS } from './corpus/elements.ts'
import { EVALUATION_ROWS } from './corpus/evaluation.ts'
import { GRANT_ROWS } from './corpus/grants.ts'
import { KEY_ROWS } from './corpus/keys.ts'
import { OPERATOR_ROWS } from './corpus/operators.ts'
import { PRINCIPAL_ROWS } from './corpus/principals.ts'
import { outcome, type Row } from './corpus/row.ts'
import { TRUST_ROWS } from './corpus/trust.ts'

const TABLES: ReadonlyMap<string, readonly Row[]> = new Map([
  ['operators', OPERATOR_ROWS],
  ['condition keys', KEY_ROWS],
  ['elements', ELEMENT_ROWS],
  ['principals', PRINCIPAL_ROWS],
  ['evaluation', EVALUATION_ROWS],
  ['grants', GRANT_ROWS],
  ['trust', TRUST_ROWS],
])

const ROWS = [...TABLES.values()].flat()
/** What the corpus has at the least; it only grows. */
const ROWS_MIN = 600

for (const [table, rows] of TABLES) {
  test(`decide gives what AWS documents: ${table}`, () => {
    assert.ok(rows.length > 0)
    for (const { what, asked, policies, expected } of rows) {
      assert.equal(outcome(decide(asked, policies)), expected, what)
    }
  })
}

test('the corpus has its rows, each of them once', () => {
  assert.ok(ROWS.length >= ROWS_MIN, String(ROWS.length))
  const names = ROWS.map(({ what }) => what)
  assert.deepEqual(
    names.filter((name, at) => names.indexOf(name) !== at),
    [],
  )
})

test('explainDecision decides every row of the corpus as decide does', () => {
  for (const { what, asked, policies, expected } of ROWS) {
    const { decision, complete } = explainDecision(asked, policies)
    assert.equal(outcome(decision), expected, what)
    assert.ok(complete, what)
  }
})

test('smallestChange allows every refusal of the corpus that any policy could, and is the smallest', () => {
  let mended = 0
  for (const { what, asked, policies, expected } of ROWS) {
    const changes = smallestChange(asked, policies)
    if (changes === undefined) {
      assert.ok(expected.startsWith('-') || expected === 'across', what)
      continue
    }
    assert.equal(changes.length === 0, expected.startsWith('+'), what)
    assert.ok(decide(withSent(asked, changes), withChanges(policies, changes)).allow, what)
    for (const [left] of changes.entries()) {
      const others: typeof changes = changes.filter((_, at) => at !== left)
      assert.ok(
        !decide(withSent(asked, others), withChanges(policies, others)).allow,
        `${what}: change ${left} is not needed`,
      )
    }
    mended += Number(changes.length > 0)
  }
  assert.ok(mended > ROWS_MIN / 4, String(mended))
})
