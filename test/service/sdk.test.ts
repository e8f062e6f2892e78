/** The whole life of a key with the AWS SDK for JavaScript. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateRandomCommand,
  GetKeyPolicyCommand,
  type KeyMetadata,
  type KMSClient,
  ListKeyPoliciesCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  paginateListAliases,
  paginateListKeys,
  paginateListResourceTags,
  ReEncryptCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
  UpdateKeyDescriptionCommand,
} from '@aws-sdk/client-kms'
import { kmsClient, REGION } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'

const PLAINTEXT = new TextEncoder().encode('what nobody else may read')
const DAY_S = 86_400

let server: TestServer
let kms: KMSClient

before(async () => {
  server = await startServer()
  kms = kmsClient(server)
})

after(async () => {
  kms.destroy()
  await server[Symbol.asyncDispose]()
})

async function createKey(): Promise<Required<Pick<KeyMetadata, 'KeyId' | 'Arn'>>> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  assert.ok(KeyMetadata?.KeyId !== undefined && KeyMetadata.Arn !== undefined)
  return { KeyId: KeyMetadata.KeyId, Arn: KeyMetadata.Arn }
}

test('CreateKey and DescribeKey give every member that AWS gives', async () => {
  const before = Math.floor(Date.now() / 1000)
  const tags = [{ TagKey: 'team', TagValue: 'payments' }]
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: 'cards', Tags: tags }))
  const { KeyId = '', Arn, CreationDate, CurrentKeyMaterialId, ...rest } = KeyMetadata ?? {}
  assert.match(KeyId, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  assert.equal(Arn, `arn:aws:kms:${REGION}:000000000000:key/${KeyId}`)
  assert.ok(CreationDate !== undefined && CreationDate.getTime() / 1000 >= before)
  assert.match(CurrentKeyMaterialId ?? '', /^[0-9a-f]{64}$/)
  assert.deepEqual(rest, {
    AWSAccountId: '000000000000',
    CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
    Description: 'cards',
    Enabled: true,
    EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
    KeyManager: 'CUSTOMER',
    KeySpec: 'SYMMETRIC_DEFAULT',
    KeyState: 'Enabled',
    KeyUsage: 'ENCRYPT_DECRYPT',
    MultiRegion: false,
    Origin: 'AWS_KMS',
  })
  assert.deepEqual((await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata, KeyMetadata)
  assert.deepEqual((await kms.send(new ListResourceTagsCommand({ KeyId }))).Tags, tags)
})

test('Encrypt and Decrypt take a key by id, ARN, alias name and alias ARN', async () => {
  const { KeyId, Arn } = await createKey()
  const AliasName = 'alias/by-any-name'
  await kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: KeyId }))
  const context = { purpose: 'test', 'Umlaut ä': '✓' }
  for (const name of [KeyId, Arn, AliasName, `arn:aws:kms:${REGION}:000000000000:${AliasName}`]) {
    const encrypted = await kms.send(
      new EncryptCommand({ KeyId: name, Plaintext: PLAINTEXT, EncryptionContext: context }),
    )
    assert.equal(encrypted.KeyId, Arn)
    assert.equal(encrypted.EncryptionAlgorithm, 'SYMMETRIC_DEFAULT')
    const { CiphertextBlob } = encrypted
    for (const key of [name, undefined]) {
      const decrypted = await kms.send(
        new DecryptCommand({ CiphertextBlob, KeyId: key, EncryptionContext: context }),
      )
      assert.deepEqual(decrypted.Plaintext, PLAINTEXT)
      assert.equal(decrypted.KeyId, Arn)
      assert.equal(decrypted.EncryptionAlgorithm, 'SYMMETRIC_DEFAULT')
      assert.match(decrypted.KeyMaterialId ?? '', /^[0-9a-f]{64}$/)
    }
  }
})

test('Encrypt gives another ciphertext each time', async () => {
  const { KeyId } = await createKey()
  const first = await kms.send(new EncryptCommand({ KeyId, Plaintext: PLAINTEXT }))
  const second = await kms.send(new EncryptCommand({ KeyId, Plaintext: PLAINTEXT }))
  assert.notDeepEqual(first.CiphertextBlob, second.CiphertextBlob)
})

test('ReEncrypt moves a ciphertext to another key and context', async () => {
  const source = await createKey()
  const destination = await createKey()
  const { CiphertextBlob } = await kms.send(
    new EncryptCommand({ KeyId: source.KeyId, Plaintext: PLAINTEXT, EncryptionContext: { at: 'source' } }),
  )
  const moved = await kms.send(
    new ReEncryptCommand({
      CiphertextBlob,
      SourceEncryptionContext: { at: 'source' },
      DestinationKeyId: destination.KeyId,
      DestinationEncryptionContext: { at: 'destination' },
    }),
  )
  assert.equal(moved.KeyId, destination.Arn)
  assert.equal(moved.SourceKeyId, source.Arn)
  assert.equal(moved.SourceEncryptionAlgorithm, 'SYMMETRIC_DEFAULT')
  assert.equal(moved.DestinationEncryptionAlgorithm, 'SYMMETRIC_DEFAULT')
  assert.match(moved.SourceKeyMaterialId ?? '', /^[0-9a-f]{64}$/)
  assert.match(moved.DestinationKeyMaterialId ?? '', /^[0-9a-f]{64}$/)
  const opened = await kms.send(
    new DecryptCommand({
      CiphertextBlob: moved.CiphertextBlob,
      KeyId: destination.Arn,
      EncryptionContext: { at: 'destination' },
    }),
  )
  assert.deepEqual(opened.Plaintext, PLAINTEXT)
})

test('GenerateDataKey gives a key of the asked size that Decrypt gives again', async () => {
  const { KeyId, Arn } = await createKey()
  const EncryptionContext = { file: '7' }
  for (const [size, expected] of [
    [{ KeySpec: 'AES_256' }, 32],
    [{ KeySpec: 'AES_128' }, 16],
    [{ NumberOfBytes: 1 }, 1],
    [{ NumberOfBytes: 1024 }, 1024],
  ] as const) {
    const made = await kms.send(new GenerateDataKeyCommand({ KeyId, EncryptionContext, ...size }))
    assert.equal(made.Plaintext?.length, expected)
    assert.equal(made.KeyId, Arn)
    assert.match(made.KeyMaterialId ?? '', /^[0-9a-f]{64}$/)
    const { CiphertextBlob } = made
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }))
    assert.deepEqual(opened.Plaintext, made.Plaintext)
    const closed = await kms.send(
      new GenerateDataKeyWithoutPlaintextCommand({ KeyId, EncryptionContext, ...size }),
    )
    assert.equal('Plaintext' in closed, false)
    const reopened = await kms.send(
      new DecryptCommand({ CiphertextBlob: closed.CiphertextBlob, EncryptionContext }),
    )
    assert.equal(reopened.Plaintext?.length, expected)
  }
})

test('GenerateRandom gives as many bytes as asked for, never the same', async () => {
  for (const NumberOfBytes of [1, 32, 1024]) {
    const { Plaintext } = await kms.send(new GenerateRandomCommand({ NumberOfBytes }))
    assert.equal(Plaintext?.length, NumberOfBytes)
  }
  const [a, b] = await Promise.all(
    [32, 32].map((NumberOfBytes) => kms.send(new GenerateRandomCommand({ NumberOfBytes }))),
  )
  assert.notDeepEqual(a?.Plaintext, b?.Plaintext)
})

test('TagResource and UntagResource change the tags that ListResourceTags gives', async () => {
  const { KeyId } = await createKey()
  const tag = (TagKey: string, TagValue: string) => ({ TagKey, TagValue })
  await kms.send(new TagResourceCommand({ KeyId, Tags: [tag('a', '1'), tag('b', '2')] }))
  await kms.send(new TagResourceCommand({ KeyId, Tags: [tag('a', '3'), tag('c', '')] }))
  const listed = await kms.send(new ListResourceTagsCommand({ KeyId }))
  assert.deepEqual(listed.Tags, [tag('a', '3'), tag('b', '2'), tag('c', '')])
  assert.equal(listed.Truncated, false)
  await kms.send(new UntagResourceCommand({ KeyId, TagKeys: ['a', 'unknown'] }))
  assert.deepEqual((await kms.send(new ListResourceTagsCommand({ KeyId }))).Tags, [
    tag('b', '2'),
    tag('c', ''),
  ])
})

test('PutKeyPolicy changes the policy that GetKeyPolicy gives', async () => {
  const { KeyId } = await createKey()
  assert.deepEqual((await kms.send(new ListKeyPoliciesCommand({ KeyId }))).PolicyNames, ['default'])
  const { Policy = '', PolicyName } = await kms.send(new GetKeyPolicyCommand({ KeyId }))
  assert.equal(PolicyName, 'default')
  const changed = JSON.stringify({ ...JSON.parse(Policy), Id: 'mine' })
  await kms.send(new PutKeyPolicyCommand({ KeyId, PolicyName: 'default', Policy: changed }))
  assert.equal((await kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' }))).Policy, changed)
})

test('DisableKey, EnableKey and UpdateKeyDescription change what DescribeKey gives', async () => {
  const { KeyId } = await createKey()
  const metadata = async (): Promise<KeyMetadata | undefined> =>
    (await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata
  for (const [command, state] of [
    [new DisableKeyCommand({ KeyId }), 'Disabled'],
    [new DisableKeyCommand({ KeyId }), 'Disabled'],
    [new EnableKeyCommand({ KeyId }), 'Enabled'],
    [new EnableKeyCommand({ KeyId }), 'Enabled'],
  ] as const) {
    await kms.send(command)
    const { KeyState, Enabled } = (await metadata()) ?? {}
    assert.equal(KeyState, state)
    assert.equal(Enabled, state === 'Enabled')
  }
  await kms.send(new UpdateKeyDescriptionCommand({ KeyId, Description: 'for cards' }))
  assert.equal((await metadata())?.Description, 'for cards')
  await kms.send(new UpdateKeyDescriptionCommand({ KeyId, Description: '' }))
  assert.equal((await metadata())?.Description, '')
})

test('ScheduleKeyDeletion and CancelKeyDeletion give and take a date', async () => {
  const { KeyId, Arn } = await createKey()
  const now = Date.now() / 1000
  const scheduled = await kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }))
  assert.equal(scheduled.KeyId, Arn)
  assert.equal(scheduled.KeyState, 'PendingDeletion')
  assert.equal(scheduled.PendingWindowInDays, 7)
  const seconds = (scheduled.DeletionDate?.getTime() ?? 0) / 1000 - now
  assert.ok(seconds > 7 * DAY_S - 60 && seconds < 7 * DAY_S + 60, String(seconds))
  const pending = (await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata
  assert.deepEqual(pending?.DeletionDate, scheduled.DeletionDate)
  assert.equal(pending?.KeyState, 'PendingDeletion')
  assert.equal((await kms.send(new CancelKeyDeletionCommand({ KeyId }))).KeyId, Arn)
  const kept = (await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata
  assert.equal(kept?.KeyState, 'Disabled')
  assert.equal(kept?.DeletionDate, undefined)
})

test('UpdateAlias and DeleteAlias change what an alias names', async () => {
  const first = await createKey()
  const second = await createKey()
  const AliasName = 'alias/moves'
  const target = async (): Promise<string | undefined> =>
    (await kms.send(new DescribeKeyCommand({ KeyId: AliasName }))).KeyMetadata?.KeyId
  await kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: first.Arn }))
  assert.equal(await target(), first.KeyId)
  await kms.send(new UpdateAliasCommand({ AliasName, TargetKeyId: second.KeyId }))
  assert.equal(await target(), second.KeyId)
  await kms.send(new DeleteAliasCommand({ AliasName }))
  await assert.rejects(target, { name: 'NotFoundException' })
})

test('paginators give each key, alias and tag exactly once over several pages', async () => {
  const other = kmsClient(server, { region: 'ap-south-1' })
  const client = { client: other, pageSize: 3 }
  const keyIds: string[] = []
  for (let count = 0; count < 8; count += 1) {
    const { KeyMetadata } = await other.send(new CreateKeyCommand({}))
    keyIds.push(KeyMetadata?.KeyId ?? '')
  }
  const names = Array.from({ length: 8 }, (_, index) => `alias/page-${index}`)
  for (const AliasName of names) {
    await other.send(new CreateAliasCommand({ AliasName, TargetKeyId: keyIds[0] ?? '' }))
  }
  const Tags = Array.from({ length: 50 }, (_, index) => ({ TagKey: `key-${index}`, TagValue: `${index}` }))
  await other.send(new TagResourceCommand({ KeyId: keyIds[0], Tags }))
  const keys: string[] = []
  let pages = 0
  for await (const page of paginateListKeys(client, {})) {
    pages += 1
    keys.push(...(page.Keys ?? []).map(({ KeyId = '' }) => KeyId))
    assert.equal(page.NextMarker !== undefined, page.Truncated)
  }
  assert.ok(pages > 2)
  assert.deepEqual(keys.toSorted(), keyIds.toSorted())
  for (const KeyId of [undefined, keyIds[0]]) {
    const aliases: string[] = []
    for await (const page of paginateListAliases(client, { KeyId })) {
      // Aliases of services that have no key yet lead nowhere.
      const own = (page.Aliases ?? []).filter(({ TargetKeyId }) => TargetKeyId !== undefined)
      aliases.push(...own.map(({ AliasName = '' }) => AliasName))
    }
    assert.deepEqual(aliases.toSorted(), names)
  }
  const tags: unknown[] = []
  for await (const page of paginateListResourceTags({ ...client, pageSize: 20 }, { KeyId: keyIds[0] })) {
    tags.push(...(page.Tags ?? []))
  }
  assert.deepEqual(tags, Tags)
  other.destroy()
})
