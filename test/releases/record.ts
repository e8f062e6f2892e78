/**
 * Records a data folder of a release, for `test/cli/releases.test.ts`:
 * `bin/node26 test/releases/record.ts RELEASE LAUNCHER`, with the path of the release's `bin/holdfast`.
 */

import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import {
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DisableKeyCommand,
  EncryptCommand,
  GenerateMacCommand,
  ImportKeyMaterialCommand,
  type KMSClient,
  RotateKeyOnDemandCommand,
  SignCommand,
  type SigningAlgorithmSpec,
} from '@aws-sdk/client-kms'
import { iamClient, policyText } from '../support/iam.ts'
import { wrapKeyMaterial } from '../support/import-material.ts'
import { kmsClient } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { FACTS_FILE, type Facts, RECORDED, recordedKeyFile } from './recorded.ts'

/** Replaces the user agent of the SDK, which names the kernel of the machine: the audit log keeps it. */
const AGENT = async (): Promise<[string, string][]> => [['recorder', '1']]

const PLAINTEXT = Buffer.from('kept from release to release')
const CONTEXT = { purpose: 'recorded' }
/** What is secret, of this start alone, or not of a release. */
const LEFT_OUT = new Set(['root.key', 'seal.json', 'credentials', 'endpoint'])

async function record(release: string, launcher: string): Promise<void> {
  const folder = join(RECORDED, release)
  const data = join(folder, 'data')
  await rm(folder, { recursive: true, force: true })
  await mkdir(data, { recursive: true, mode: 0o700 })
  await writeFile(join(data, 'root.key'), recordedKeyFile(), { mode: 0o600 })
  const server = await startServer({ data, launched: launcher })
  try {
    const facts = await makeFacts(release, server)
    await writeFile(join(folder, FACTS_FILE), `${JSON.stringify(facts, undefined, 2)}\n`)
  } finally {
    process.stdout.write(`the server ended with ${await server.stop()}\n`)
  }
  for (const { parentPath, name } of await readdir(data, { recursive: true, withFileTypes: true })) {
    if (LEFT_OUT.has(name) || name.endsWith('lock') || name.endsWith('.sock'))
      await rm(join(parentPath, name), { force: true })
  }
}

async function makeFacts(release: string, server: TestServer): Promise<Facts> {
  const kms = kmsClient(server)
  kms.config.defaultUserAgentProvider = AGENT
  const symmetric = await createKey(kms, { Tags: [{ TagKey: 'release', TagValue: release }] })
  await kms.send(new CreateAliasCommand({ AliasName: 'alias/recorded', TargetKeyId: symmetric }))
  const before = await encrypt(kms, symmetric)
  await kms.send(new RotateKeyOnDemandCommand({ KeyId: symmetric }))
  const after = await encrypt(kms, symmetric)
  const disabled = await createKey(kms, {})
  await kms.send(new DisableKeyCommand({ KeyId: disabled }))
  const multiRegion = await createKey(kms, { MultiRegion: true })
  const user = await createUser(server)
  const grant = { KeyId: symmetric, GranteePrincipal: user.Arn }
  const { GrantId } = await kms.send(new CreateGrantCommand({ ...grant, Operations: ['Decrypt'] }))
  return {
    release,
    symmetric: { KeyId: symmetric, alias: 'alias/recorded', tag: release },
    context: CONTEXT,
    ciphertexts: [before, after],
    plaintext: PLAINTEXT.toString('base64'),
    signed: [
      await sign(kms, 'RSA_2048', 'RSASSA_PSS_SHA_256'),
      await sign(kms, 'ECC_NIST_P256', 'ECDSA_SHA_256'),
      await sign(kms, 'ML_DSA_44', 'ML_DSA_SHAKE_256'),
    ],
    mac: await mac(kms),
    imported: await importMaterial(kms, server),
    disabled: { KeyId: disabled },
    multiRegion: { KeyId: multiRegion, region: await kms.config.region() },
    grant: { KeyId: symmetric, GrantId: GrantId ?? '', grantee: user.Arn },
    user,
  }
}

async function createKey(kms: KMSClient, input: CreateKeyCommandInput): Promise<string> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand(input))
  return KeyMetadata?.KeyId ?? ''
}

async function encrypt(kms: KMSClient, KeyId: string): Promise<string> {
  const call = { KeyId, Plaintext: PLAINTEXT, EncryptionContext: CONTEXT }
  return toText((await kms.send(new EncryptCommand(call))).CiphertextBlob)
}

async function sign(
  kms: KMSClient,
  KeySpec: 'RSA_2048' | 'ECC_NIST_P256' | 'ML_DSA_44',
  SigningAlgorithm: SigningAlgorithmSpec,
): Promise<Facts['signed'][number]> {
  const KeyId = await createKey(kms, { KeySpec, KeyUsage: 'SIGN_VERIFY' })
  const { Signature } = await kms.send(new SignCommand({ KeyId, Message: PLAINTEXT, SigningAlgorithm }))
  return { KeyId, SigningAlgorithm, Signature: toText(Signature) }
}

async function mac(kms: KMSClient): Promise<Facts['mac']> {
  const KeyId = await createKey(kms, { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })
  const MacAlgorithm = 'HMAC_SHA_256'
  const { Mac } = await kms.send(new GenerateMacCommand({ KeyId, Message: PLAINTEXT, MacAlgorithm }))
  return { KeyId, MacAlgorithm, Mac: toText(Mac) }
}

async function importMaterial(kms: KMSClient, server: TestServer): Promise<Facts['imported']> {
  const KeyId = await createKey(kms, { Origin: 'EXTERNAL' })
  const wrapped = await wrapKeyMaterial(server, { keyId: KeyId }, Buffer.alloc(32, 7))
  await kms.send(
    new ImportKeyMaterialCommand({
      KeyId,
      ImportToken: Buffer.from(String(wrapped['ImportToken']), 'base64'),
      EncryptedKeyMaterial: Buffer.from(String(wrapped['EncryptedKeyMaterial']), 'base64'),
      ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
    }),
  )
  return { KeyId, ciphertext: await encrypt(kms, KeyId) }
}

async function createUser(server: TestServer): Promise<Facts['user']> {
  const iam = iamClient(server)
  iam.config.defaultUserAgentProvider = AGENT
  const UserName = 'ada'
  const { User } = await iam.send(new CreateUserCommand({ UserName }))
  const PolicyDocument = policyText({ Effect: 'Allow', Action: 'kms:ListKeys', Resource: '*' })
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'recorded', PolicyDocument }))
  return { UserName, Arn: User?.Arn ?? '', policy: PolicyDocument }
}

function toText(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('base64')
}

const [release, launcher] = process.argv.slice(2)
if (release === undefined || launcher === undefined) throw new Error('usage: record.ts RELEASE LAUNCHER')
await record(release, launcher)
