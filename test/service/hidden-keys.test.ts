/** What ReEncrypt, which names two keys, tells about keys of another account: nothing. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CreateAliasCommand, CreateKeyCommand, type KMSClient, ReEncryptCommand } from '@aws-sdk/client-kms'
import { readEvents } from '../support/audit.ts'
import { runHoldfast } from '../support/command.ts'
import {
  allow,
  iamClient,
  kmsAs,
  newUser,
  outcomeOf,
  policyText,
  type TestCredentials,
} from '../support/iam.ts'
import { kmsClient, REGION } from '../support/kms.ts'
import { readCredentials, startServer, type TestServer } from '../support/server.ts'

const HOME = '000000000000'
const OTHER = '111122223333'
const CLOSED = `arn:aws:kms:${REGION}:${HOME}:alias/closed`
const MISSING = `arn:aws:kms:${REGION}:${HOME}:alias/missing`
const NO_KEY = '00000000-0000-4000-8000-000000000000'

let server: TestServer
let other: TestCredentials
let closedArn: string
let ownId: string

before(async () => {
  server = await startServer()
  const made = await runHoldfast(server.data, 'account', 'create', `--id=${OTHER}`)
  assert.equal(made.status, 0, made.errors)
  other = await readCredentials(server.data, OTHER)
  const { KeyMetadata: closed } = await kmsClient(server).send(new CreateKeyCommand({}))
  closedArn = closed?.Arn ?? ''
  await kmsClient(server).send(
    new CreateAliasCommand({ AliasName: 'alias/closed', TargetKeyId: closed?.KeyId }),
  )
  const { KeyMetadata: own } = await kmsAs(server, other).send(new CreateKeyCommand({}))
  ownId = own?.KeyId ?? ''
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

/** What a dry run that names these keys is told. */
function asking(client: KMSClient, SourceKeyId: string, DestinationKeyId: string): Promise<string> {
  const keys = { SourceKeyId, DestinationKeyId }
  const command = new ReEncryptCommand({ ...keys, DryRun: true, DryRunModifiers: ['IGNORE_CIPHERTEXT'] })
  return outcomeOf(client.send(command))
}

test('whatever the destination is, a closed source key is as one that does not exist', async () => {
  const client = kmsAs(server, await newUser(iamClient(server, other), 'ada', policyText(allow('*'))))
  const destinations = [ownId, NO_KEY, 'not an id', 'arn:aws:kms:nowhere', 'alias/none', CLOSED, MISSING]
  for (const destination of destinations) {
    const closed = await asking(client, CLOSED, destination)
    assert.match(closed, /not authorized to perform: kms:ReEncryptFrom/)
    assert.equal(closed, await asking(client, MISSING, destination), destination)
  }
})

test('whatever the source key, a closed destination key is as one that does not exist', async () => {
  const iam = iamClient(server, other)
  const [may, mayNot] = [await newUser(iam, 'may', policyText(allow('*'))), await newUser(iam, 'may-not')]
  const outcomes = new Map<TestCredentials, string>()
  for (const credentials of [may, mayNot]) {
    const client = kmsAs(server, credentials)
    outcomes.set(credentials, await asking(client, ownId, CLOSED))
    assert.equal(await asking(client, ownId, MISSING), outcomes.get(credentials))
  }
  assert.match(outcomes.get(may) ?? '', /not authorized to perform: kms:ReEncryptTo on this resource/)
  assert.match(outcomes.get(mayNot) ?? '', /not authorized to perform: kms:ReEncryptFrom on resource: arn/)
})

test('no event of these calls names the closed key, and its account has no copy of them', async () => {
  const events = (await readEvents(server.data)).filter(({ eventName }) => eventName === 'ReEncrypt')
  assert.equal(events.length, 18)
  for (const { recipientAccountId, resources = [] } of events) {
    assert.equal(recipientAccountId, OTHER)
    assert.ok(resources.every(({ ARN }) => ARN !== closedArn))
  }
})

test('a destination that does not exist is told to whoever may use the source', async () => {
  const client = kmsAs(server, other)
  assert.match(await asking(client, ownId, NO_KEY), /^NotFoundException 400: Key '.*' does not exist$/)
  assert.match(await asking(client, ownId, 'arn:aws:kms:nowhere'), /^InvalidArnException 400/)
})
