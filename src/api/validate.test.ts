import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KmsError } from './errors.ts'
import { list, oneOf, pattern, structure, text } from './shapes.ts'
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
  assert.match(message, /^2 validation errors detected: Value '\[0{4095}…' at 'names' /)
  assert.ok(message.length < 100_000)
})

test('a bad item of a list of names is told of the list, with all that an item must be', () => {
  const inList = 'failed to satisfy constraint: Member must satisfy constraint: ['
  const given = { Specs: ['AES_256', 'aes', 'AES_256', 'des'] }
  assert.equal(
    messageFor({ Specs: list(oneOf('AES_256')) }, given),
    `1 validation error detected: Value '[AES_256, aes, AES_256, des]' at 'specs' ${inList}Member must satisfy enum value set: [AES_256]]`,
  )
  const names = list(text({ min: 2, max: 3, pattern: pattern('^[a-z]+$') }))
  const limits =
    'Member must have length less than or equal to 3, Member must have length greater than or equal to 2, ' +
    'Member must satisfy regular expression pattern: ^[a-z]+$]'
  for (const bad of ['', 'a', 'abcd', 'a1']) {
    assert.equal(
      messageFor({ TagKeys: names }, { TagKeys: ['ab', bad] }),
      `1 validation error detected: Value '[ab, ${bad}]' at 'tagKeys' ${inList}${limits}`,
    )
  }
})

test('a list of structures that is too long or too short is not shown', () => {
  const tags = list(structure({ Key: text({}) }), { min: 1, max: 2 })
  const tooMany = { Tags: Array.from({ length: 3 }, () => ({ Key: 'a' })) }
  assert.equal(
    messageFor({ Tags: tags }, tooMany),
    "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 2",
  )
  assert.equal(
    messageFor({ Tags: tags }, { Tags: [] }),
    "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length greater than or equal to 1",
  )
})

test('a bad item of a hidden list is not shown', () => {
  const tokens = list(text({ max: 2, sensitive: true }))
  assert.equal(
    messageFor({ GrantTokens: tokens }, { GrantTokens: ['abc'] }),
    "1 validation error detected: Value at 'grantTokens' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 2]",
  )
})

test('a bad item of a list of structures, and of a list within one, is told where it stands', () => {
  const members = { Tags: list(structure({ Key: text({ max: 1 }), Values: list(text({ max: 1 })) })) }
  assert.equal(
    messageFor(members, {
      Tags: [
        { Key: 'a', Values: [] },
        { Key: 'ab', Values: ['a', 'bc'] },
      ],
    }),
    "2 validation errors detected: Value 'ab' at 'tags.2.member.key' failed to satisfy constraint: Member must have length less than or equal to 1; " +
      "Value '[a, bc]' at 'tags.2.member.values' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 1]",
  )
})
