import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { utf8 } from '../base/bytes.ts'
import { KmsError } from './errors.ts'
import { parseJsonBody } from './json.ts'
import { excessOfJson, JSON_MAX_DEPTH, JSON_MAX_TOKENS } from './json-cost.ts'

const LARGEST_BODY = 1_048_576

test('excessOfJson takes as many levels and tokens as the limits say, and not one more', () => {
  const nested = (depth: number) => utf8(`${'['.repeat(depth)}${']'.repeat(depth)}`)
  assert.equal(excessOfJson(nested(JSON_MAX_DEPTH)), undefined)
  assert.equal(excessOfJson(nested(JSON_MAX_DEPTH + 1)), 'depth')
  const listed = (commas: number) => utf8(`[${'1,'.repeat(commas)}1]`)
  assert.equal(excessOfJson(listed(JSON_MAX_TOKENS - 1)), undefined)
  assert.equal(excessOfJson(listed(JSON_MAX_TOKENS)), 'tokens')
})

test('excessOfJson counts nothing inside strings, whatever they hold', () => {
  const json = fc.jsonValue({ noUnicodeString: false, maxDepth: 5 })
  fc.assert(
    fc.property(json, fc.string({ unit: 'binary' }), (value, text) => {
      assert.equal(excessOfJson(utf8(JSON.stringify(value))), undefined)
      const hostile = `${'[{,"'.repeat(JSON_MAX_TOKENS)}${text}\\`
      assert.equal(excessOfJson(utf8(JSON.stringify({ [hostile]: [hostile, text] }))), undefined)
    }),
    { numRuns: 50 },
  )
})

test('the largest encryption context that is legal is no excess', () => {
  const names = new Map<string, string>()
  let bytes = 0
  for (let code = 0; bytes < 8192; code += 1) {
    const name = code < 0xd800 ? String.fromCharCode(code) : `${code}`
    names.set(name, '')
    bytes += Buffer.byteLength(name)
  }
  const body = utf8(JSON.stringify({ EncryptionContext: Object.fromEntries(names) }))
  assert.equal(excessOfJson(body), undefined)
})

for (const unit of ['[', '{"a":', '""', '",', ',', '"\\"']) {
  test(`parseJsonBody refuses a body of the largest size that is all ${unit}`, () => {
    const body = utf8(unit.repeat(Math.floor(LARGEST_BODY / unit.length)))
    assert.throws(
      () => parseJsonBody(body),
      (error) => error instanceof KmsError && error.code === 'SerializationException',
    )
  })
}
