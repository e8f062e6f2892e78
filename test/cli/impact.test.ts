/** Transcripts: what hangs on a key. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  EncryptCommand,
  ReplicateKeyCommand,
  SignCommand,
} from '@aws-sdk/client-kms'
import { runHoldfast } from '../support/command.ts'
import { iamClient, kmsAs, newUser, policyText } from '../support/iam.ts'
import { REGION } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ADA = 'arn:aws:iam::000000000000:user/ada'

let server: TestServer
let arn: string

before(async () => {
  server = await startServer()
  const root = kmsAs(server, server.credentials)
  const made = await root.send(
    new CreateKeyCommand({ MultiRegion: true, Description: '<b>\u001b[31mpayments\u202e</b>' }),
  )
  arn = made.KeyMetadata?.Arn ?? ''
  const KeyId = arn
  await root.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: 'us-west-2' }))
  await root.send(new CreateAliasCommand({ AliasName: 'alias/payments', TargetKeyId: KeyId }))
  const policy = policyText({ Effect: 'Allow', Action: 'kms:Encrypt', Resource: arn })
  const ada = kmsAs(server, await newUser(iamClient(server), 'ada', policy))
  await root.send(new CreateGrantCommand({ KeyId, GranteePrincipal: ADA, Operations: ['Decrypt'] }))
  await ada.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') }))
  await ada
    .send(new SignCommand({ KeyId, Message: Buffer.from('x'), SigningAlgorithm: 'ECDSA_SHA_256' }))
    .catch(() => {})
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

test('holdfast impact says who uses a key, what points at it and what fails without it', async () => {
  const { status, output, errors } = await runHoldfast(server.data, 'impact', arn, '--format', 'json')
  assert.deepEqual([status, errors], [0, ''])
  const found = JSON.parse(output)
  assert.equal(found.key.arn, arn)
  assert.deepEqual(found.aliases, ['alias/payments'])
  assert.deepEqual(found.multiRegion, { primary: REGION, replicas: ['us-west-2'] })
  const users = found.users.map((user: Record<string, unknown>) => [
    user['principal'],
    user['operation'],
    user['calls'],
    user['failures'],
    user['addresses'],
  ])
  assert.ok(
    users.some(
      (user: unknown) => JSON.stringify(user) === JSON.stringify([ADA, 'Encrypt', 1, 0, ['127.0.0.1']]),
    ),
  )
  assert.ok(
    users.some(
      (user: unknown) => JSON.stringify(user) === JSON.stringify([ADA, 'Sign', 1, 1, ['127.0.0.1']]),
    ),
  )
  assert.deepEqual([found.grants.length, found.grants[0].grantee], [1, ADA])
  assert.deepEqual(
    found.statements.map((one: Record<string, unknown>) => [one['holder'], one['names']]),
    [
      [arn, 'key'],
      [ADA, 'key'],
    ],
  )
  assert.match(
    found.consequences.join('\n'),
    /cannot be decrypted[\s\S]*by .*ada for Encrypt[\s\S]*us-west-2/,
  )
})

test('holdfast impact prints a table, found by an alias, in which a description does nothing', async () => {
  const { status, output } = await runHoldfast(server.data, 'impact', 'alias/payments', '--region', REGION)
  assert.equal(status, 0)
  assert.ok(
    output.startsWith(
      `${arn}\nEnabled, SYMMETRIC_DEFAULT, ENCRYPT_DECRYPT\n<b>\ufffd[31mpayments\ufffd</b>\n`,
    ),
  )
  for (const title of ['When it is disabled or deleted', 'Calls on it', 'Aliases', 'Grants: 1'])
    assert.ok(output.includes(`\n\n${title}\n`), title)
})

test('holdfast impact needs no running server', async () => {
  await server.stop()
  const { status, output } = await runHoldfast(server.data, 'impact', arn)
  assert.equal(status, 0)
  assert.match(output, /user\/ada +Encrypt +1 +0/)
})
