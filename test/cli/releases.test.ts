/** Data folders of earlier releases, as `test/releases/record.ts` recorded them, start and mean the same. */

import assert from 'node:assert/strict'
import { chmod, cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { GetUserCommand, GetUserPolicyCommand } from '@aws-sdk/client-iam'
import {
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  ListGrantsCommand,
  ListResourceTagsCommand,
  SignCommand,
  type SigningAlgorithmSpec,
  VerifyCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms'
import { FACTS_FILE, type Facts, RECORDED, recordedKeyFile } from '../releases/recorded.ts'
import { runHere } from '../support/here.ts'
import { iamClient } from '../support/iam.ts'
import { failureOf, kmsClient } from '../support/kms.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'

const entries = await readdir(RECORDED, { withFileTypes: true })
const releases = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)

test('there are recorded releases', () => {
  assert.ok(releases.includes('0.1.0'))
})

for (const release of releases) {
  test(`a data folder of ${release} starts, its keys and principals work, and its audit log verifies`, async () => {
    const facts: Facts = JSON.parse(await readFile(join(RECORDED, release, FACTS_FILE), 'utf8'))
    assert.equal(facts.release, release)
    const data = await copyOf(release)
    try {
      const created = await runHere(data, 'root-credentials', 'create')
      assert.equal(created.status, 0, created.errors)
      {
        await using server = await startServer({ data })
        await useKeys(server, facts)
        await readPrincipals(server, facts)
        assert.equal(await server.stop(), 0, server.errors())
      }
      const verified = await runHere(data, 'audit', 'verify')
      assert.equal(verified.status, 0, verified.output + verified.errors)
    } finally {
      await rm(data, { recursive: true, force: true })
    }
  })
}

/** A copy of a recorded folder, with the modes that a server gives its files and the key file, which is not recorded. */
async function copyOf(release: string): Promise<string> {
  const data = await temporaryFolder()
  await cp(join(RECORDED, release, 'data'), data, { recursive: true })
  for (const entry of await readdir(data, { recursive: true, withFileTypes: true }))
    await chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o700 : 0o600)
  await writeFile(join(data, 'root.key'), recordedKeyFile(), { mode: 0o600 })
  return data
}

async function useKeys(server: TestServer, facts: Facts): Promise<void> {
  const kms = kmsClient(server)
  const plaintext = Buffer.from(facts.plaintext, 'base64')
  const decrypt = async (ciphertext: string, EncryptionContext = facts.context): Promise<Buffer> => {
    const CiphertextBlob = Buffer.from(ciphertext, 'base64')
    const { Plaintext } = await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }))
    return Buffer.from(Plaintext ?? [])
  }
  for (const ciphertext of [...facts.ciphertexts, facts.imported.ciphertext])
    assert.deepEqual(await decrypt(ciphertext), plaintext)
  const wrong = await failureOf(decrypt(facts.ciphertexts[0] ?? '', { purpose: 'another' }))
  assert.equal(wrong.name, 'InvalidCiphertextException')

  for (const { KeyId, SigningAlgorithm: algorithm, Signature } of facts.signed) {
    const SigningAlgorithm = algorithm as SigningAlgorithmSpec
    const call = { KeyId, SigningAlgorithm, Message: plaintext }
    const again = (await kms.send(new SignCommand(call))).Signature
    for (const signature of [Buffer.from(Signature, 'base64'), again]) {
      const { SignatureValid } = await kms.send(new VerifyCommand({ ...call, Signature: signature }))
      assert.equal(SignatureValid, true, algorithm)
    }
  }
  const { KeyId: macKey, Mac } = facts.mac
  const mac = { KeyId: macKey, MacAlgorithm: 'HMAC_SHA_256', Message: plaintext } as const
  assert.equal(
    (await kms.send(new VerifyMacCommand({ ...mac, Mac: Buffer.from(Mac, 'base64') }))).MacValid,
    true,
  )

  const { alias, KeyId, tag } = facts.symmetric
  const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: alias }))
  assert.equal(KeyMetadata?.KeyId, KeyId)
  const { Tags } = await kms.send(new ListResourceTagsCommand({ KeyId }))
  assert.deepEqual(Tags, [{ TagKey: 'release', TagValue: tag }])
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: alias, Plaintext: plaintext }))
  assert.deepEqual(await decrypt(Buffer.from(CiphertextBlob ?? []).toString('base64'), {}), plaintext)
  const { Grants } = await kms.send(new ListGrantsCommand({ KeyId }))
  assert.deepEqual(
    Grants?.map(({ GrantId, GranteePrincipal }) => ({ GrantId, GranteePrincipal })),
    [{ GrantId: facts.grant.GrantId, GranteePrincipal: facts.grant.grantee }],
  )
  const refused = await failureOf(
    kms.send(new EncryptCommand({ KeyId: facts.disabled.KeyId, Plaintext: plaintext })),
  )
  assert.equal(refused.name, 'DisabledException')
  const replicated = await kms.send(new DescribeKeyCommand({ KeyId: facts.multiRegion.KeyId }))
  assert.equal(replicated.KeyMetadata?.MultiRegion, true)
}

async function readPrincipals(server: TestServer, { user }: Facts): Promise<void> {
  const iam = iamClient(server)
  const { UserName } = user
  assert.equal((await iam.send(new GetUserCommand({ UserName }))).User?.Arn, user.Arn)
  const { PolicyDocument } = await iam.send(new GetUserPolicyCommand({ UserName, PolicyName: 'recorded' }))
  assert.equal(decodeURIComponent(PolicyDocument ?? ''), user.policy)
}
