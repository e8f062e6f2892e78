/** One test per operation and kind of refusal, made from the operations' own facts. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Output } from '../../src/api/json.ts'
import type { ShapeData } from '../../src/api/shapes.ts'
import { wireName } from '../../src/api/validate.ts'
import type { Operation } from '../../src/dispatch/operation.ts'
import type { KmsDependencies } from '../../src/kms/kms-dependencies.ts'
import { KMS_OPERATIONS } from '../../src/kms/kms-operations.ts'
import { eventOf } from '../support/audit.ts'
import { type Answer, call, succeed } from '../support/calls.ts'
import { sampleParts } from '../support/sample-parts.ts'
import { policy, SAMPLES, type Sample, type SampleParts } from '../support/samples.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'
const UNKNOWN_KEY = '12345678-1234-4234-8234-123456789012'

/** Where an alias names a key as well as its id does. Source: AWS KMS API Reference. */
const TAKES_ALIASES = new Set([
  'Decapsulate',
  'Decrypt',
  'DeriveSharedSecret',
  'DescribeKey',
  'Encapsulate',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateMac',
  'GetPublicKey',
  'ReEncrypt',
  'Sign',
  'Verify',
  'VerifyMac',
])

/** What keys of other accounts can be used with. Source: AWS KMS API Reference. */
const CROSS_ACCOUNT = new Set([
  ...TAKES_ALIASES,
  ...['CreateGrant', 'GetKeyRotationStatus', 'ListGrants', 'RetireGrant', 'RevokeGrant'],
])

/** The facts of an operation need no dependencies: only running it does. */
const OPERATIONS: readonly Operation[] = KMS_OPERATIONS.map((operation) => operation({} as KmsDependencies))

let server: TestServer

before(async () => {
  server = await startServer()
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

function sampleOf(operation: Operation): Sample {
  const sample = SAMPLES[operation.name]
  assert.ok(sample, `${operation.name} has no sample`)
  return sample
}

/** A key of its own for one test, in the wanted state. */
function fixture(sample: Sample, finish?: (keyId: string) => Promise<unknown>): Promise<SampleParts> {
  return sampleParts(server, sample, finish)
}

function aliasArn(name: string): string {
  return `arn:aws:kms:eu-west-1:${ACCOUNT}:${name}`
}

function disable(keyId: string): Promise<unknown> {
  return succeed(server, 'DisableKey', { KeyId: keyId })
}

function schedule(keyId: string): Promise<unknown> {
  return succeed(server, 'ScheduleKeyDeletion', { KeyId: keyId, PendingWindowInDays: 7 })
}

/** The answer is this error, and the audit log says the same of the same request. */
async function assertRefused(
  answer: Answer,
  operation: string,
  code: string,
  message: RegExp,
): Promise<void> {
  assert.equal(answer.code, code, answer.text)
  assert.equal(answer.status, 400)
  assert.match(answer.message ?? '', message)
  const event = await eventOf(server, answer.requestId)
  assert.equal(event.eventName, operation)
  assert.equal(event.errorCode, code === 'AccessDeniedException' ? 'AccessDenied' : code)
}

test('every operation has a sample, and every sample an operation', () => {
  assert.deepEqual(OPERATIONS.map(({ name }) => name).sort(), Object.keys(SAMPLES).sort())
})

for (const operation of OPERATIONS) {
  const { name, members } = operation

  test(`${name} works with its sample and records who did what`, async () => {
    const sample = sampleOf(operation)
    const parts = await fixture(sample, name === 'CancelKeyDeletion' ? schedule : undefined)
    const answer = await call(server, name, sample.input(parts))
    assert.equal(answer.code, sample.refused, answer.text)
    const event = await eventOf(server, answer.requestId)
    assert.equal(event.eventName, name)
    assert.equal(event.errorCode, sample.refused)
    assert.equal(event.readOnly, operation.readOnly)
    assert.equal(event.userIdentity.arn, `arn:aws:iam::${ACCOUNT}:root`)
    if (sample.keys.length > 0 && name !== 'ListAliases') {
      assert.ok(event.resources?.some(({ ARN }) => ARN.endsWith(`:key/${parts.keyId}`)))
    }
  })

  for (const [member, shape] of Object.entries(members)) {
    if (shape.required) {
      test(`${name} refuses to go without ${member}`, async () => {
        const { [member]: _, ...rest } = sampleOf(operation).input(await sharedFixture(operation))
        const answer = await call(server, name, rest)
        const expected = new RegExp(
          `^1 validation error detected: Value (null )?at '${wireName(member)}' .*not be null$`,
        )
        await assertRefused(answer, name, 'ValidationException', expected)
      })
    }

    for (const [what, value, constraint] of overLimit(shape.data)) {
      test(`${name} refuses ${what} ${member}`, async () => {
        const input = { ...sampleOf(operation).input(await sharedFixture(operation)), [member]: value }
        const answer = await call(server, name, input)
        const expected = new RegExp(`at '${wireName(member)}' failed to satisfy constraint: ${constraint}`)
        await assertRefused(answer, name, 'ValidationException', expected)
      })
    }

    test(`${name} refuses ${member} of a wrong type`, async () => {
      const value = shape.data.type === 'structure' || shape.data.type === 'map' ? 'text' : { a: { b: 1 } }
      const input = { ...sampleOf(operation).input(await sharedFixture(operation)), [member]: value }
      await assertRefused(await call(server, name, input), name, 'SerializationException', /^$/)
    })
  }

  for (const member of sampleOf(operation).keys) {
    test(`${name} refuses a ${member} that does not exist`, async () => {
      const input = { ...sampleOf(operation).input(await sharedFixture(operation)), [member]: UNKNOWN_KEY }
      const answer = await call(server, name, input)
      const arn = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/${UNKNOWN_KEY}`
      await assertRefused(answer, name, 'NotFoundException', new RegExp(`^Key '${arn}' does not exist$`))
    })

    if (TAKES_ALIASES.has(name)) {
      test(`${name} takes an alias for ${member}, by name and by ARN`, async () => {
        const parts = await fixture(sampleOf(operation))
        for (const alias of [parts.alias, aliasArn(parts.alias)]) {
          await succeed(server, name, { ...sampleOf(operation).input(parts), [member]: alias })
        }
      })
    } else {
      test(`${name} refuses an alias for ${member}, by name and by ARN, there or not`, async () => {
        const { alias, ...parts } = await sharedFixture(operation)
        for (const given of [alias, aliasArn(alias), 'alias/none', aliasArn('alias/none')]) {
          const input = { ...sampleOf(operation).input({ alias, ...parts }), [member]: given }
          const answer = await call(server, name, input)
          if (member === 'TargetKeyId') {
            await assertRefused(
              answer,
              name,
              'ValidationException',
              /^Aliases must refer to keys\. Not aliases$/,
            )
          } else {
            await assertRefused(
              answer,
              name,
              'InvalidArnException',
              /^Key Aliases are not supported for this operation\.$/,
            )
          }
        }
      })
    }

    test(`${name} refuses a ${member} of another account with AccessDeniedException`, async () => {
      const foreign = `arn:aws:kms:eu-west-1:111122223333:key/${UNKNOWN_KEY}`
      const input = { ...sampleOf(operation).input(await sharedFixture(operation)), [member]: foreign }
      const answer = await call(server, name, input)
      const text = CROSS_ACCOUNT.has(name)
        ? /because the resource does not exist in this Region, no resource-based policies allow access/
        : /^This operation cannot be called cross account$/
      await assertRefused(answer, name, 'AccessDeniedException', text)
    })
  }

  for (const [state, prepare, expected] of [
    ['disabled', disable, sampleOf(operation).disabled],
    ['pending deletion', schedule, sampleOf(operation).pendingDeletion],
  ] as const) {
    test(`${name} on a key that is ${state}: ${expected}`, async () => {
      const parts = await fixture(sampleOf(operation), prepare)
      const answer = await call(server, name, sampleOf(operation).input(parts))
      if (expected === 'ok') assert.equal(answer.code, sampleOf(operation).refused, answer.text)
      else
        await assertRefused(
          answer,
          name,
          expected,
          /:key\/(?:mrk-)?[0-9a-f-]+ is (not )?(disabled|pending (?:replica )?deletion)\.$/,
        )
    })
  }

  if (sampleOf(operation).keys.length > 0 && name !== 'ListAliases') {
    test(`${name} refuses a caller whom the key policy denies`, async () => {
      const denied = async (keyId: string): Promise<void> => {
        await succeed(server, 'PutKeyPolicy', {
          KeyId: keyId,
          Policy: policy(ACCOUNT, ['kms:*']),
          BypassPolicyLockoutSafetyCheck: true,
        })
      }
      const parts = await fixture(sampleOf(operation), denied)
      const answer = await call(server, name, sampleOf(operation).input(parts))
      await assertRefused(
        answer,
        name,
        'AccessDeniedException',
        /with an explicit deny in a resource-based policy$/,
      )
    })
  }

  test(`${name} refuses a forged signature`, async () => {
    const input = sampleOf(operation).input(await sharedFixture(operation))
    const answer = await call(server, name, input, { secretAccessKey: 'not the secret' })
    assert.equal(answer.code, 'InvalidSignatureException')
    assert.match(answer.message ?? '', /^The request signature we calculated does not match/)
  })
}

const shared = new Map<string, Promise<SampleParts>>()

/** One key of an operation for the tests that never get as far as to change anything. */
function sharedFixture(operation: Operation): Promise<SampleParts> {
  const present = shared.get(operation.name)
  if (present !== undefined) return present
  const made = fixture(sampleOf(operation))
  shared.set(operation.name, made)
  return made
}

/** Values just over the limits of a shape, with the constraint that AWS names. */
function overLimit(shape: ShapeData): readonly (readonly [string, Output[string], string])[] {
  switch (shape.type) {
    case 'text':
      return lengths(shape, (size) => 'a'.repeat(size))
    case 'blob':
      return lengths(shape, (size) => Buffer.alloc(size).toString('base64'))
    case 'integer':
      return [
        ...(shape.min === undefined
          ? []
          : [['too small', shape.min - 1, `.*greater than or equal to ${shape.min}`] as const]),
        ...(shape.max === undefined
          ? []
          : [['too large', shape.max + 1, `.*less than or equal to ${shape.max}`] as const]),
      ]
    case 'enum':
      return [['an unknown', 'NO_SUCH_VALUE', 'Member must satisfy enum value set: \\[']]
    case 'list': {
      const inner = overLimit(shape.of).map(
        ([what, value, constraint]) =>
          [`a list with ${what}`, [value], `Member must satisfy constraint: \\[.*${constraint}`] as const,
      )
      const item = shape.of.type === 'text' ? 'a' : { TagKey: 'a', TagValue: 'b' }
      return [...inner, ...lengths(shape, (size) => new Array(size).fill(item))]
    }
    case 'boolean':
    case 'timestamp':
    case 'map':
    case 'structure':
      return []
  }
}

function lengths(
  { min, max }: { readonly min?: number; readonly max?: number },
  make: (size: number) => Output[string],
): readonly (readonly [string, Output[string], string])[] {
  const short =
    min === undefined || min === 0
      ? []
      : [['too short', make(min - 1), `.*length greater than or equal to ${min}`] as const]
  const long =
    max === undefined ? [] : [['too long', make(max + 1), `.*length less than or equal to ${max}`] as const]
  return [...short, ...long]
}
