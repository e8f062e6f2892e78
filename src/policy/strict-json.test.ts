import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { JSON_MAX_DEPTH, type Json, parseStrictJson } from './strict-json.ts'
import { PolicySyntaxError } from './syntax-error.ts'

/** The value as `JSON.parse` would give it. */
function plain(json: Json): unknown {
  if (json instanceof Map) return Object.fromEntries([...json].map(([name, value]) => [name, plain(value)]))
  if (Array.isArray(json)) return json.map(plain)
  return typeof json === 'object' && json !== null ? Number(json.number) : json
}

test('parseStrictJson gives what JSON.parse gives', () => {
  fc.assert(
    fc.property(fc.jsonValue({ depthSize: 'small', maxDepth: 5 }), fc.nat(3), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      assert.deepEqual(plain(parseStrictJson(text)), JSON.parse(text))
    }),
  )
})

test('parseStrictJson refuses whatever JSON.parse refuses, and throws nothing but PolicySyntaxError', () => {
  const token = fc.constantFrom(
    ...['{', '}', '[', ']', ':', ',', '"a"', '"b', '\\', '1', '-', '.5', 'e1', 'true', 'nul', ' ', '\u0000'],
  )
  fc.assert(
    fc.property(fc.array(token, { maxLength: 12 }), (tokens) => {
      const text = tokens.join('')
      let ours: unknown
      try {
        ours = plain(parseStrictJson(text))
      } catch (error) {
        assert.ok(error instanceof PolicySyntaxError)
        return
      }
      assert.deepEqual(ours, JSON.parse(text))
    }),
    { numRuns: 2000 },
  )
})

const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  ['a name that appears twice', '{"a":1,"a":2}', /^Character 7: "a" appears twice$/],
  ['a name that appears twice, once escaped', '{"a":1,"\\u0061":2}', /twice/],
  ['__proto__ twice', '{"__proto__":1,"__proto__":2}', /twice/],
  ['text after the value', '{} x', /^Character 3: the end expected, found "x"$/],
  ['an empty text', '', /^Character 0: a value expected, found the end$/],
  ['a missing colon', '{"a" 1}', /":" expected/],
  ['a name without quotes', '{a:1}', /a name in double quotes expected/],
  ['a trailing comma in an object', '{"a":1,}', /a name in double quotes/],
  ['a trailing comma in an array', '[1,]', /a value expected/],
  ['an unclosed object', '{"a":1', /"," or "}" expected/],
  ['an unclosed array', '[1', /"," or "\]" expected/],
  ['an unclosed string', '"abc', /a string that is not valid JSON/],
  ['a string that ends in a backslash', '"abc\\', /a string that is not valid JSON/],
  ['a bad escape', '"\\x"', /a string that is not valid JSON/],
  ['a line break in a string', '"a\nb"', /a string that is not valid JSON/],
  ['half a surrogate pair', '"\\ud800"', /a string that is not valid JSON/],
  ['a word that is none', 'trie', /a value expected/],
  ['a number with a leading zero', '01', /the end expected/],
  ['nesting 1,000 deep', '['.repeat(1000), /nested deeper/],
  ['nesting one too deep', '['.repeat(JSON_MAX_DEPTH + 1) + ']'.repeat(JSON_MAX_DEPTH + 1), /nested deeper/],
  ['nesting of objects', '{"a":'.repeat(1000), /nested deeper/],
]

for (const [what, text, message] of REFUSED) {
  test(`parseStrictJson refuses ${what}`, () => {
    assert.throws(() => parseStrictJson(text), { name: 'PolicySyntaxError', message })
  })
}

test('parseStrictJson accepts the deepest nesting allowed', () => {
  parseStrictJson('['.repeat(JSON_MAX_DEPTH) + ']'.repeat(JSON_MAX_DEPTH))
})

test('parseStrictJson keeps hostile names as names', () => {
  const value = parseStrictJson('{"__proto__":{"a":1},"constructor":2}')
  assert.ok(value instanceof Map)
  assert.deepEqual([...value.keys()], ['__proto__', 'constructor'])
})

test('parseStrictJson keeps every digit of a number', () => {
  assert.deepEqual(parseStrictJson('12345678901234567890.10'), { number: '12345678901234567890.10' })
})

test('parseStrictJson reads 100,000 characters of string, space or digits', () => {
  assert.equal(parseStrictJson(`"${'\\"'.repeat(50_000)}"`), '"'.repeat(50_000))
  assert.equal(parseStrictJson(`${' '.repeat(100_000)}null`), null)
  assert.deepEqual(parseStrictJson('9'.repeat(100_000)), { number: '9'.repeat(100_000) })
})
