import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { compilePolicy } from '../../src/policy/compile.ts'
import { decide, questionFor } from '../../src/policy/decide.ts'
import { EVALUATION_MAX_STEPS, EvaluationLimitError } from '../../src/policy/evaluation.ts'
import { explainDecision } from '../../src/policy/explain.ts'
import type { Flavour } from '../../src/policy/flavour.ts'
import { parsePolicy } from '../../src/policy/parse.ts'
import { smallestChange } from '../../src/policy/smallest-change.ts'
import { PolicySyntaxError } from '../../src/policy/syntax-error.ts'
import { ask as askVerdict } from '../../src/policy/verdict.ts'
import { ALLOW, type Fields, KEY, request, USER } from '../support/policies.ts'

const FLAVOURS: readonly Flavour[] = ['key', 'bucket', 'identity', 'trust', 'session', 'scp', 'rcp']
const LONG = 100_000
const MANY = 10_000

function text(statement: unknown): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statement })
}

const OPEN = { ...ALLOW, Principal: '*' }

/** Documents that no one writes by accident. */
const DOCUMENTS: readonly (readonly [string, string])[] = [
  ['100,000 spaces', ' '.repeat(LONG)],
  ['100,000 quotes', '"'.repeat(LONG)],
  ['100,000 backslashes', `"${'\\'.repeat(LONG)}`],
  ['100,000 digits', '9'.repeat(LONG)],
  ['1,000 arrays', `${'['.repeat(1000)}${']'.repeat(1000)}`],
  ['1,000 objects', `${'{"Statement":'.repeat(1000)}1${'}'.repeat(1000)}`],
  [
    '1,000 levels below a condition',
    text({ ...OPEN, Condition: JSON.parse(`${'[{"a":'.repeat(500)}1${'}]'.repeat(500)}`) }),
  ],
  ['a name twice', '{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}'],
  ['an effect twice', `{"Statement":{"Effect":"Deny","Effect":"Allow","Principal":"*"}}`],
  ['a name twice, once escaped', `{"Statement":{"Effect":"Deny","\\u0045ffect":"Allow","Principal":"*"}}`],
  ['10,000 names', `{${Array.from({ length: MANY }, (_, at) => `"n${at}":1`).join(',')}}`],
  ['__proto__', `{"__proto__":{"Statement":[]},"Version":"2012-10-17"}`],
  ['__proto__ in a statement', `{"Statement":{"__proto__":{"Effect":"Allow"},"Principal":"*"}}`],
  ['constructor as an operator', text({ ...OPEN, Condition: { constructor: { 'a:b': 'c' } } })],
  ['toString as a principal type', text({ ...OPEN, Principal: { toString: '*' } })],
  ['a lone surrogate', `{"Statement":{"Effect":"Allow","Principal":"*","Sid":"\\ud800"}}`],
  ['a byte order mark', `\ufeff${text(OPEN)}`],
  ['a comment', `${text(OPEN)} // x`],
  ['an unclosed variable, many times', text({ ...OPEN, Resource: `arn:aws:kms:x:y:${'${'.repeat(MANY)}` })],
]

for (const [what, document] of DOCUMENTS) {
  test(`parsePolicy refuses ${what}, in every flavour`, () => {
    for (const flavour of FLAVOURS) {
      assert.throws(() => parsePolicy(document, { flavour }), PolicySyntaxError)
    }
  })
}

/** Statements that are policies, and expensive. */
const EXPENSIVE: readonly (readonly [string, Fields])[] = [
  ['10,000 wildcards in an action', { Action: `kms:${'*a'.repeat(MANY / 2)}*` }],
  ['10,000 stars in an action', { Action: `kms:${'*'.repeat(MANY)}x` }],
  ['10,000 wildcards in a resource', { Resource: `arn:aws:kms:*:*:${'*a'.repeat(MANY / 2)}*b` }],
  ['10,000 question marks in a resource', { Resource: `arn:aws:kms:*:*:*${'?'.repeat(MANY)}` }],
  ['10,000 variables in a resource', { Resource: `arn:aws:kms:*:*:*${`\${a:b}`.repeat(MANY)}` }],
  ['10,000 wildcards in a value', { Condition: { StringLike: { 'a:b': `${'*a'.repeat(MANY / 2)}b` } } }],
  ['a long run after a star', { Condition: { StringLike: { 'a:b': `*${'a'.repeat(MANY)}b` } } }],
  ['a long run with a wildcard', { Condition: { StringLike: { 'a:b': `*${'a?'.repeat(MANY / 2)}b` } } }],
  ['10,000 variables in a value', { Condition: { StringLike: { 'a:b': `*${`\${a:b}`.repeat(MANY)}b` } } }],
  [
    '10,000 wildcards in an ARN',
    { Condition: { ArnLike: { 'a:arn': `arn:*:*:*:*:${'*a'.repeat(MANY / 2)}b` } } },
  ],
  [
    '5,000 values',
    {
      Condition: {
        'ForAllValues:StringLike': { 'a:list': Array.from({ length: 5000 }, (_, at) => `*${at}*x`) },
      },
    },
  ],
  [
    '5,000 numbers',
    { Condition: { 'ForAnyValue:NumericEquals': { 'a:list': Array.from({ length: 5000 }, (_, at) => at) } } },
  ],
  [
    '500 keys',
    {
      Condition: {
        StringLike: Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`a:k${at}`, '*a*a*a*b'])),
      },
    },
  ],
]

const A = 'a'.repeat(LONG)
const LIST = Array.from({ length: 2000 }, (_, at) => `v${at}${'a'.repeat(40)}`)

function context(key: string): string | readonly string[] {
  if (key === 'a:list') return LIST
  return key === 'a:arn' ? `arn:aws:iam::111122223333:${A}` : A
}

/** The longest piece of work that is charged at once, before it is done: a text of the request. */
const OVERSHOOT = LONG + MANY

for (const [what, fields] of EXPENSIVE) {
  test(`a policy with ${what} is evaluated within its steps, or refused`, () => {
    for (const effect of ['Allow', 'Deny']) {
      const policy = compilePolicy(
        parsePolicy(text({ ...OPEN, ...fields, Effect: effect }), { flavour: 'key' }),
      )
      const asked = request(USER, { context, resource: `${KEY}${'a'.repeat(2000)}` })
      const policies = { resource: policy, identity: [] }
      const question = questionFor(asked, policies)
      let failed = false
      try {
        askVerdict(policy, question)
      } catch (error) {
        assert.ok(error instanceof EvaluationLimitError)
        failed = true
      }
      const spent = EVALUATION_MAX_STEPS - question.evaluation.remaining
      assert.ok(spent <= EVALUATION_MAX_STEPS + OVERSHOOT, String(spent))
      assert.equal(failed, spent > EVALUATION_MAX_STEPS)
      const decision = decide(asked, policies)
      if (failed) assert.ok(!decision.allow && decision.why.kind === 'Failed')
      // An explanation looks at more than a decision, within as many steps.
      const { complete } = explainDecision(asked, policies)
      const changes = smallestChange(asked, policies)
      if (failed) assert.deepEqual([complete, changes], [false, undefined])
    }
  })
}

test('parsePolicy and decide give an answer to whatever is thrown at them', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '*',
      '?',
      `\${a:b}`,
      `\${a:b, 'x'}`,
      `\${*}`,
      `\${`,
      'arn:aws:kms:*:*:',
      'key/',
      ':',
      'a',
    ),
    fc.string({ maxLength: 5 }),
    fc.string({ maxLength: 3, unit: 'binary' }),
  )
  const value = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''))
  const operator = fc
    .tuple(
      fc.constantFrom('', 'ForAllValues:', 'ForAnyValue:'),
      fc.constantFrom(
        'StringLike',
        'StringEquals',
        'ArnLike',
        'NumericEquals',
        'DateEquals',
        'Bool',
        'IpAddress',
        'Null',
      ),
      fc.constantFrom('', 'IfExists'),
    )
    .map((parts) => parts.join(''))
  const statement = fc.record(
    {
      Effect: fc.constantFrom('Allow', 'Deny'),
      Principal: fc.constantFrom<unknown>('*', { AWS: '111122223333' }),
      Action: fc.oneof(fc.constant('kms:*'), value),
      Resource: fc.oneof(
        fc.constant('*'),
        value,
        value.map((end) => `arn:aws:kms:*:*:${end}`),
      ),
      Condition: fc.dictionary(
        operator,
        fc.dictionary(fc.constantFrom('a:b', 'a:c'), value, { maxKeys: 2 }),
        { maxKeys: 2 },
      ),
    },
    { requiredKeys: ['Effect', 'Principal', 'Action', 'Resource'] },
  )
  let policies = 0
  fc.assert(
    fc.property(statement, fc.array(value, { maxLength: 3 }), value, (fields, list, one) => {
      const document = parse(text(fields))
      if (document === undefined) return
      policies += 1
      const asked = request(USER, {
        context: (key) => (key === 'a:b' ? one : list),
        resource: `${KEY}${one}`,
      })
      const all = { resource: compilePolicy(document), identity: [] }
      const decision = decide(asked, all)
      assert.equal(explainDecision(asked, all).decision.allow, decision.allow)
    }),
    { numRuns: 3000 },
  )
  assert.ok(policies > 300, String(policies))
})

function parse(document: string): ReturnType<typeof parsePolicy> | undefined {
  try {
    return parsePolicy(document, { flavour: 'key' })
  } catch (error) {
    assert.ok(error instanceof PolicySyntaxError)
    return undefined
  }
}
