import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  blob,
  boolean,
  integer,
  list,
  oneOf,
  optional,
  structure,
  text,
  textMap,
  timestamp,
} from '../api/shapes.ts'
import { shownParameters } from '../dispatch/parameters.ts'
import { isOmitted, recordedInput } from './recorded-input.ts'

const MEMBERS = {
  KeyId: optional(text()),
  Context: optional(textMap()),
  Names: optional(list(text())),
  Kind: optional(oneOf('ONE', 'TWO')),
  Days: optional(integer()),
  Force: optional(boolean()),
  ValidTo: optional(timestamp()),
  Inner: optional(structure({ Pairs: optional(textMap()), Note: optional(text()) })),
}

const SECOND_MS = 1000
const inputs = fc.record(
  {
    KeyId: fc.string(),
    Context: fc
      .dictionary(fc.string(), fc.string(), { noNullPrototype: true })
      .map((pairs) => new Map(Object.entries(pairs))),
    Names: fc.array(fc.string()),
    Kind: fc.constantFrom('ONE', 'TWO'),
    Days: fc.integer(),
    Force: fc.boolean(),
    ValidTo: fc.integer({ min: 0, max: 4_000_000_000 }).map((second) => second * SECOND_MS),
    Inner: fc.record({ Note: fc.string() }, { noNullPrototype: true }),
  },
  { requiredKeys: [], noNullPrototype: true },
)

test('recordedInput gives the input behind what an event shows of it', () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const shown = JSON.parse(JSON.stringify(shownParameters(MEMBERS, input) ?? {}))
      assert.deepEqual(recordedInput(MEMBERS, shown, []).input, input)
    }),
  )
})

test('recordedInput leaves out what an event has in another form than the operation', () => {
  const shown = {
    keyId: 1,
    context: 'x',
    names: 'x',
    kind: 2,
    days: 'x',
    force: 'x',
    validTo: 3,
    inner: [],
    unknown: 'x',
  }
  assert.deepEqual(recordedInput(MEMBERS, shown, []).input, {})
  assert.deepEqual(recordedInput(MEMBERS, { context: null, inner: 'x' }, []).input, {})
})

test('recordedInput puts something empty in the place of what a call must have had', () => {
  const members = {
    KeyId: text(),
    Plaintext: blob(),
    Password: text({ sensitive: true }),
    GrantTokens: optional(list(text({ sensitive: true }))),
    Credential: optional(structure({ Secret: text({ sensitive: true }) })),
  }
  const { input, hidden } = recordedInput(members, { keyId: 'k' }, ['arn'])
  assert.deepEqual(input, { KeyId: 'k', Plaintext: new Uint8Array(0), Password: '' })
  assert.deepEqual(hidden, ['Plaintext', 'Password', 'GrantTokens', 'Credential'])
})

test('recordedInput says what a valid call would have shown', () => {
  const members = { KeyId: text(), Plaintext: blob(), Kind: optional(text()) }
  assert.deepEqual(recordedInput(members, {}, []).missing, ['KeyId'])
  assert.deepEqual(recordedInput(members, { keyId: 'k' }, []).missing, [])
})

test('recordedInput names the key of the event where the ciphertext has named it', () => {
  const members = { CiphertextBlob: optional(blob()), KeyId: optional(text()) }
  assert.equal(recordedInput(members, {}, ['arn:key']).input['KeyId'], 'arn:key')
  assert.equal(recordedInput(members, { keyId: 'alias/a' }, ['arn:key']).input['KeyId'], 'alias/a')
  const reEncrypt = { CiphertextBlob: optional(blob()), SourceKeyId: optional(text()) }
  assert.equal(recordedInput(reEncrypt, {}, ['arn:key']).input['SourceKeyId'], 'arn:key')
  assert.equal(recordedInput({ KeyId: optional(text()) }, {}, ['arn:key']).input['KeyId'], undefined)
})

test('recordedInput takes the newer of two names that an event shows', () => {
  const members = { KeySpec: optional(text()), CustomerMasterKeySpec: optional(text()) }
  const both = { keySpec: 'a', customerMasterKeySpec: 'a' }
  assert.deepEqual(recordedInput(members, both, []).input, { KeySpec: 'a' })
  assert.deepEqual(recordedInput(members, { customerMasterKeySpec: 'a' }, []).input, {
    CustomerMasterKeySpec: 'a',
  })
})

test('recordedInput names what was too long to be recorded, but for texts, which no decision depends on', () => {
  const marker = { omitted: true, originalSize: 3000, reason: 'larger than 2048 bytes' }
  const members = { KeyId: text(), Policy: text(), Context: optional(textMap()) }
  assert.deepEqual(recordedInput(members, { keyId: 'k', policy: marker, context: marker }, []), {
    input: { KeyId: 'k', Policy: '' },
    hidden: ['Policy'],
    missing: [],
    omitted: ['Context'],
  })
  assert.ok(isOmitted(marker))
  assert.ok(!isOmitted({ omitted: 'true', originalSize: '3000' }))
})
