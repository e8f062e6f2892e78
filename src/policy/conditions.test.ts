import assert from 'node:assert/strict'
import test from 'node:test'
import { present } from '../base/assert.ts'
import { conditionTest } from './conditions.ts'
import type { ContextValue } from './context.ts'
import { EvaluationLimitError, startEvaluation } from './evaluation.ts'
import { parseOperator } from './operators.ts'

type Found = ContextValue | undefined

/** Whether `operator` with the policy's `values` holds for a key that has `found`. */
function holds(name: string, values: readonly string[], found: Found, variables = true): boolean {
  const operator = present(parseOperator(name), name)
  const condition = conditionTest({ operator, key: 'Test:Key', values }, variables)
  const context: Record<string, Found> = {
    'test:key': found,
    'aws:username': 'ada',
    'test:star': '*',
    'test:multi': ['ada'],
    'test:arn': 'arn:aws:iam::111122223333:role/x:y',
  }
  return condition(startEvaluation((key) => context[key]))
}

const ROLE = 'arn:aws:iam::111122223333:role/team/app'

/** Operator, policy values, a value that matches, a value that does not. */
const OPERATORS: readonly (readonly [string, readonly string[], string, string])[] = [
  ['StringEquals', ['a*', 'b'], 'a*', 'ab'],
  ['StringEquals', [''], '', 'x'],
  ['stringequals', ['a'], 'a', 'A'],
  ['StringEqualsIgnoreCase', ['Straße'], 'sTRAßE', 'strasse'],
  ['StringLike', ['a?c*', 'zz'], 'abcde', 'ac'],
  ['NumericEquals', ['5'], '5.0', '6'],
  ['NumericEquals', ['5'], '+5', 'five'],
  ['NumericLessThan', ['5'], '4.9', '5'],
  ['NumericLessThanEquals', ['5'], '5', '5.1'],
  ['NumericGreaterThan', ['5'], '5.1', '5'],
  ['NumericGreaterThanEquals', ['5'], '5', '4.9'],
  ['DateEquals', ['2024-01-01T00:00:00Z'], '1704067200', '2024-01-02'],
  ['DateLessThan', ['2024-01-01'], '2023-12-31T23:59:59Z', '2024-01-01'],
  ['DateLessThanEquals', ['2024-01-01'], '2024-01-01T00:00Z', '2024-01-01T00:00:00.001Z'],
  ['DateGreaterThan', ['2024-01-01'], '2024-01-01T00:00:01Z', '2024-01-01'],
  ['DateGreaterThanEquals', ['1704067200'], '2024-01-01', 'never'],
  ['Bool', ['true'], 'TRUE', 'false'],
  ['Bool', ['False'], 'false', 'no'],
  ['BinaryEquals', ['QUI='], 'QUJ=', 'QUM='],
  ['BinaryEquals', ['QUI='], 'QUI=', '!'],
  ['IpAddress', ['203.0.113.0/24', '2001:db8::/32'], '203.0.113.7', '203.0.114.7'],
  ['IpAddress', ['2001:db8::/32'], '2001:db8::1', 'not an address'],
  ['ArnEquals', ['arn:aws:iam::*:role/*'], ROLE, 'arn:aws:iam::111122223333:user/app'],
  ['ArnLike', ['arn:aws:iam::11112222????:role/team/*'], ROLE, 'arn:aws:iam::111122223333'],
  ['ArnLike', ['arn:*:iam:*:*:a:b*'], 'arn:aws:iam:::a:b:c', 'arn:aws:iam:x:::a:b'],
  ['ArnLike', ['*'], ROLE, 'not an arn'],
]

const NEGATED: Readonly<Record<string, string>> = {
  StringEquals: 'StringNotEquals',
  StringEqualsIgnoreCase: 'StringNotEqualsIgnoreCase',
  StringLike: 'StringNotLike',
  NumericEquals: 'NumericNotEquals',
  DateEquals: 'DateNotEquals',
  IpAddress: 'NotIpAddress',
  ArnEquals: 'ArnNotEquals',
  ArnLike: 'ArnNotLike',
}

for (const [name, values, match, other] of OPERATORS) {
  test(`${name} ${values.join(', ')} holds for ${match || 'an empty text'} and not for ${other}`, () => {
    assert.equal(holds(name, values, match), true)
    assert.equal(holds(name, values, other), false)
    assert.equal(holds(`${name}IfExists`, values, other), false)
  })
  const negated = NEGATED[name]
  if (negated === undefined) continue
  test(`${negated} ${values.join(', ')} is the opposite of ${name}`, () => {
    assert.equal(holds(negated, values, match), false)
    assert.equal(holds(negated, values, other), true)
  })
}

/** Operator, policy value; what it gives for an absent key or an empty list. */
const ABSENT: readonly (readonly [string, string, boolean])[] = [
  ['StringEquals', 'a', false],
  ['StringEqualsIgnoreCase', 'a', false],
  ['StringLike', '*', false],
  ['NumericEquals', '1', false],
  ['NumericLessThan', '1', false],
  ['NumericLessThanEquals', '1', false],
  ['NumericGreaterThan', '1', false],
  ['NumericGreaterThanEquals', '1', false],
  ['DateEquals', '2024', false],
  ['DateLessThan', '2024', false],
  ['DateGreaterThan', '2024', false],
  ['Bool', 'false', false],
  ['BinaryEquals', 'QUI=', false],
  ['IpAddress', '0.0.0.0/0', false],
  ['ArnEquals', '*', false],
  ['ArnLike', '*', false],
  ['StringNotEquals', 'a', true],
  ['StringNotEqualsIgnoreCase', 'a', true],
  ['StringNotLike', '*', true],
  ['NumericNotEquals', '1', true],
  ['DateNotEquals', '2024', true],
  ['NotIpAddress', '0.0.0.0/0', true],
  ['ArnNotEquals', '*', true],
  ['ArnNotLike', '*', true],
  ['StringEqualsIfExists', 'a', true],
  ['StringNotEqualsIfExists', 'a', true],
  ['BoolIfExists', 'false', true],
  ['ForAnyValue:StringEqualsIfExists', 'a', true],
  ['Null', 'true', true],
  ['Null', 'false', false],
  ['ForAllValues:StringEquals', 'a', true],
  ['ForAllValues:StringNotEquals', 'a', true],
  ['ForAnyValue:StringEquals', 'a', false],
  ['ForAnyValue:StringNotEquals', 'a', false],
  ['Null', 'True', true],
  ['ForAllValues:Null', 'true', true],
  ['ForAllValues:Null', 'false', true],
  ['ForAnyValue:Null', 'true', false],
  ['ForAnyValue:Null', 'false', false],
]

for (const [name, value, expected] of ABSENT) {
  test(`${name} ${value} ${expected ? 'holds' : 'does not hold'} for an absent key and an empty list`, () => {
    assert.equal(holds(name, [value], undefined), expected)
    assert.equal(holds(name, [value], []), expected)
  })
}

test('Null asks whether a key is there, also with an empty text', () => {
  assert.equal(holds('Null', ['true'], ''), false)
  assert.equal(holds('Null', ['false'], ''), true)
  assert.equal(holds('Null', ['true', 'false'], 'x'), true)
  assert.equal(holds('Null', ['FALSE'], 'x'), true)
})

test('Null with a set operator asks nothing', () => {
  for (const found of [undefined, [], '', 'x', ['x', 'y']]) {
    for (const value of ['true', 'false']) {
      assert.equal(holds('ForAllValues:Null', [value], found), true)
      assert.equal(holds('ForAnyValue:Null', [value], found), false)
    }
  }
})

const ALL = ['a', 'b']
const SOME = ['a', 'x']
const NO = ['x', 'y']

/** Operator; what it gives against the policy's a, b when all, some or none of the request's values match. */
const MULTIVALUED: readonly (readonly [string, boolean, boolean, boolean])[] = [
  ['ForAllValues:StringEquals', true, false, false],
  ['ForAnyValue:StringEquals', true, true, false],
  ['ForAllValues:StringNotEquals', false, false, true],
  ['ForAnyValue:StringNotEquals', false, true, true],
  ['StringEquals', true, true, false],
  ['StringNotEquals', false, false, true],
  ['ForAllValues:StringEqualsIfExists', true, false, false],
  ['FORANYVALUE:STRINGLIKE', true, true, false],
]

for (const [name, all, some, none] of MULTIVALUED) {
  test(`${name} gives ${all}, ${some}, ${none} where all, some or no values match`, () => {
    assert.deepEqual(
      [ALL, SOME, NO].map((found) => holds(name, ['a', 'b'], found)),
      [all, some, none],
    )
  })
}

/** Operator, policy value, the request's value, whether it holds. */
const VARIABLES: readonly (readonly [string, string, string, boolean])[] = [
  ['StringEquals', `\${aws:username}`, 'ada', true],
  ['StringEquals', `\${ AWS:UserName }`, 'ada', true],
  ['StringEquals', `x-\${aws:username}-y`, 'x-ada-y', true],
  ['StringEqualsIgnoreCase', `X-\${aws:username}`, 'x-ADA', true],
  ['StringLike', `\${aws:username}/*`, 'ada/1', true],
  ['StringLike', `\${test:star}`, 'anything', false],
  ['StringLike', `\${test:star}`, '*', true],
  ['StringLike', `\${*}\${?}\${$}`, '*?$', true],
  ['StringLike', `\${*}`, 'x', false],
  ['StringEquals', `\${test:none}`, '', false],
  ['StringEquals', `\${test:none, 'all'}`, 'all', true],
  ['StringEquals', `\${aws:username, 'all'}`, 'all', false],
  ['StringEquals', `\${test:none,''}`, '', true],
  ['StringEquals', `\${test:multi}`, 'ada', false],
  ['StringNotEquals', `\${test:none}`, 'x', true],
  ['ArnLike', `arn:aws:iam::111122223333:user/\${aws:username}`, 'arn:aws:iam::111122223333:user/ada', true],
  ['ArnLike', `arn:aws:iam::111122223333:user/\${test:star}`, 'arn:aws:iam::111122223333:user/ada', false],
  ['ArnLike', `\${test:arn}`, 'arn:aws:iam::111122223333:role/x:y', true],
  ['ArnLike', `\${aws:username}`, 'arn:aws:iam::111122223333:role/x:y', false],
  ['ArnLike', `\${test:none}`, 'arn:aws:iam::111122223333:role/x:y', false],
  ['ArnNotLike', `\${test:none}`, 'arn:aws:iam::111122223333:role/x:y', true],
]

for (const [name, value, found, expected] of VARIABLES) {
  test(`${name} ${value} ${expected ? 'holds' : 'does not hold'} for ${JSON.stringify(found)}`, () => {
    assert.equal(holds(name, [value], found), expected)
  })
}

test('variables are literal text where the version has none', () => {
  assert.equal(holds('StringEquals', [`\${aws:username}`], 'ada', false), false)
  assert.equal(holds('StringEquals', [`\${aws:username}`], `\${aws:username}`, false), true)
})

test('parseOperator refuses what is not an operator', () => {
  for (const name of [
    '',
    'Equals',
    'StringEqual',
    'NullIfExists',
    'ForAnyValue:NullIfExists',
    'ForAllValues:',
    'IfExists',
  ]) {
    assert.equal(parseOperator(name), undefined, name)
  }
  for (const name of [
    'constructor',
    '__proto__',
    'ForAnyValue:ForAnyValue:StringEquals',
    'BoolIfExistsIfExists',
  ]) {
    assert.equal(parseOperator(name), undefined, name)
  }
})

test('a condition on values without end stops at the limit', () => {
  const values = new Array<string>(5000).fill('a')
  const found = new Array<string>(5000).fill('b')
  assert.throws(() => holds('ForAnyValue:StringLike', values, found), EvaluationLimitError)
})
