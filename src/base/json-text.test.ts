import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseJsonText } from './json-text.ts'

test('parseJsonText returns the value of JSON', () => {
  assert.deepEqual(parseJsonText('{"a": [1, null]}'), { a: [1, null] })
})

test('parseJsonText says where the text stops being JSON, and repeats nothing of it', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['k9-TOPSECRETVALUE', 'not JSON'],
    ['k9-TOPSECRETVALUE'.repeat(20), 'not JSON'],
    ['', 'not JSON'],
    ['{"key": TOPSECRETVALUE}', 'not JSON'],
    ['{"key": 1,\n TOPSECRETVALUE}', 'not JSON: line 2, column 2'],
    ['{} TOPSECRETVALUE', 'not JSON: line 1, column 4'],
    ['k in JSON at position 7 (line 7 column 7)', 'not JSON'],
  ]
  for (const [text, message] of cases) {
    assert.throws(
      () => parseJsonText(text),
      (error) => error instanceof Error && error.message === message && error.cause === undefined,
      text,
    )
  }
})
