import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KmsError } from './errors.ts'
import { list, oneOf, pattern, text } from './shapes.ts'
import { parseInput, SHOWN_VALUE_MAX_CHARS } from './validate.ts'

const SPEC = { Spec: oneOf('AES_256') }

function messageFor(members: Parameters<typeof parseInput>[0], body: object): string {
  try {
    parseInput(members, body)
  } catch (error) {
    if (error instanceof KmsError && error.code === 'ValidationException') return error.message
    throw error
  }
  return 'valid'
}

function refused(shown: string): string {
  const constraint = 'failed to satisfy constraint: Member must satisfy enum value set: [AES_256]'
  return `1 validation error detected: Value '${shown}' at 'spec' ${constraint}`
}

test('a wrong value is repeated as far as the limit, and whole up to it', () => {
  const longest = 'x'.repeat(SHOWN_VALUE_MAX_CHARS)
  assert.equal(messageFor(SPEC, { Spec: longest }), refused(longest))
  assert.equal(messageFor(SPEC, { Spec: `${longest}y` }), refused(`${longest}…`))
  assert.equal(messageFor(SPEC, { Spec: 'x'.repeat(1_000_000) }), refused(`${longest}…`))
})

test('a wrong value is not cut within a character', () => {
  const before = 'x'.repeat(SHOWN_VALUE_MAX_CHARS - 1)
  assert.equal(messageFor(SPEC, { Spec: `${before}😀` }), refused(`${before}…`))
})

test('the message about many long values stays short', () => {
  const members = { Names: list(text({ max: 3, pattern: pattern('^[a-z]+$') }), { max: 10 }) }
  const message = messageFor(members, { Names: Array.from({ length: 100 }, () => '0'.repeat(100_000)) })
  assert.match(message, /^201 validation errors detected: Value '\[0{8191}…' at 'names' /)
  assert.ok(message.length < 100_000)
})
