import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { always, list, oneOf, text } from '../../src/api/shapes.ts'
import { defineOperation } from '../../src/dispatch/define-operation.ts'
import { accountOperation } from '../../src/kms/account-operation.ts'
import { KEY_ID, keyOperation } from '../../src/kms/key-operation.ts'
import { ANY_STATE } from '../../src/kms/keys/key-state.ts'
import { bedKey, codeOf, openKmsBed } from '../support/kms-bed.ts'
import { ROOT as ROOT_USER } from '../support/policies.ts'
import { getKeyOrigin } from './example-operation.ts'
import { ROOT } from './sources.ts'

test('the example of CONTRIBUTING.md is the one that is compiled and run here', async () => {
  const contributing = await readFile(`${ROOT}/CONTRIBUTING.md`, 'utf8')
  const example = await readFile(`${ROOT}/test/house/example-operation.ts`, 'utf8')
  const [, shown] = /^```ts\n(import [\s\S]*?)^```$/m.exec(contributing) ?? []
  // It stands in a folder of src/kms there.
  assert.equal(shown, example.replaceAll("'../../src/kms/", "'../").replaceAll("'../../src/", "'../../"))
})

test('the example answers, and finds keys and refuses like every operation', async () => {
  await using bed = await openKmsBed([getKeyOrigin])
  const keyId = await bedKey(bed, {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: ROOT_USER.arn }, Action: 'kms:*', Resource: '*' }],
  })
  const answer = await bed.call(ROOT_USER, 'GetKeyOrigin', { KeyId: keyId })
  assert.equal(answer['Origin'], 'AWS_KMS')
  assert.match(String(answer['KeyId']), new RegExp(`key/${keyId}$`))
  const unknown = bed.call(ROOT_USER, 'GetKeyOrigin', { KeyId: keyId.replaceAll(/[0-9a-f]/g, '0') })
  assert.equal(await codeOf(unknown), 'NotFoundException')
})

const FACTS = {
  ...{ name: 'Example', readOnly: true, aliases: false, crossAccount: false, states: ANY_STATE },
  input: { KeyId: KEY_ID },
  output: { KeyId: text(), Names: list(text()) },
} as const

test('an answer with a member that is not declared does not compile', () => {
  keyOperation(FACTS, ({ key }) => ({ output: { KeyId: key.arn, Names: ['a'] } }))
  // @ts-expect-error: a misspelt member.
  keyOperation(FACTS, ({ key }) => ({ output: { KeyId: key.arn, Nmaes: ['a'] } }))
  // @ts-expect-error: a misspelt member of an answer that comes later.
  keyOperation(FACTS, async ({ key }) => ({ output: { KeyID: key.arn } }))
  // @ts-expect-error: a member of another type.
  keyOperation(FACTS, () => ({ output: { Names: 'a' } }))
  // @ts-expect-error: an answer of an operation that declares none.
  accountOperation({ name: 'Example', readOnly: true, input: {} }, () => ({ output: { KeyId: 'a' } }))
  // @ts-expect-error: a misspelt member of the input.
  accountOperation({ name: 'Example', readOnly: true, input: FACTS.input }, ({ input }) => void input.KeyID)
  defineOperation({ service: 'kms', ...FACTS }, () => ({
    permissions: [],
    // @ts-expect-error: a misspelt member, without a preset.
    run: () => ({ output: { KeyID: 'a' } }),
  }))
  assert.ok(true, 'the type checker is the test')
})

test('an answer without a member that every answer has, or with a misspelt value, does not compile', () => {
  const output = { KeyId: always(text()), Origin: oneOf('AWS_KMS', 'EXTERNAL') }
  keyOperation({ ...FACTS, output }, ({ key }) => ({ output: { KeyId: key.arn, Origin: 'EXTERNAL' } }))
  keyOperation({ ...FACTS, output }, ({ key }) => ({ output: { KeyId: key.arn } }))
  // @ts-expect-error: a misspelt value.
  keyOperation({ ...FACTS, output }, ({ key }) => ({ output: { KeyId: key.arn, Origin: 'EXTERN' } }))
  // @ts-expect-error: a missing member.
  keyOperation({ ...FACTS, output }, () => ({ output: { Origin: 'EXTERNAL' } }))
  // @ts-expect-error: a member without a value.
  keyOperation({ ...FACTS, output }, () => ({ output: { KeyId: undefined } }))
  // @ts-expect-error: no answer.
  keyOperation({ ...FACTS, output }, () => ({}))
  assert.ok(true, 'the type checker is the test')
})
