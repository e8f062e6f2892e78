import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { utf8 } from '../base/bytes.ts'
import { KmsError } from './errors.ts'
import { parseJsonBody } from './json.ts'
import { hasTooManyTokens, JSON_MAX_TOKENS } from './json-cost.ts'

const LARGEST_BODY = 1_048_576

test('a text has as many tokens as the limit says, and not one more', () => {
  const listed = (commas: number) => utf8(`[${'1,'.repeat(commas)}1]`)
  assert.equal(hasTooManyTokens(listed(JSON_MAX_TOKENS - 1)), false)
  assert.equal(hasTooManyTokens(listed(JSON_MAX_TOKENS)), true)
})

test('nothing counts inside strings, whatever they hold', () => {
  const json = fc.jsonValue({ noUnicodeString: false, maxDepth: 5 })
  fc.assert(
    fc.property(json, fc.string({ unit: 'binary' }), (value, text) => {
      assert.equal(hasTooManyTokens(utf8(JSON.stringify(value))), false)
      const hostile = `${'[{,"'.repeat(JSON_MAX_TOKENS)}${text}\\`
      assert.equal(hasTooManyTokens(utf8(JSON.stringify({ [hostile]: [hostile, text] }))), false)
    }),
    { numRuns: 50 },
  )
})

test('a ReEncrypt with the two largest encryption contexts that are legal does not have too many', () => {
  const names = new Map<string, string>()
  let bytes = 0
  for (let code = 0; bytes < 8192; code += 1) {
    const name = code < 0xd800 ? String.fromCharCode(code) : `${code}`
    names.set(name, '')
    bytes += Buffer.byteLength(name)
  }
  const context = Object.fromEntries(names)
  const contexts = { SourceEncryptionContext: context, DestinationEncryptionContext: context }
  const members = {
    CiphertextBlob: '',
    SourceKeyId: '',
    DestinationKeyId: '',
    GrantTokens: Array(10).fill(''),
  }
  const body = utf8(JSON.stringify({ ...members, ...contexts, DryRun: true }))
  assert.equal(hasTooManyTokens(body), false)
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
