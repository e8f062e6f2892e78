/** What must never be written down, and where it is looked for: every file of the data folder. */

import assert from 'node:assert/strict'
import { createPublicKey, publicEncrypt, randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { base64, call, newKey, succeed } from '../support/calls.ts'
import { allow, iamClient, newUser, outcomeOf, policyText } from '../support/iam.ts'
import { type Answer, callIam, inside } from '../support/sdk-by-name.ts'
import { startServer } from '../support/server.ts'

/** Every file below a folder, with its bytes. */
async function filesBelow(folder: string): Promise<readonly (readonly [path: string, bytes: Buffer])[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
  return Promise.all(paths.map(async (path) => [path, await readFile(path)] as const))
}

/** Forms in which bytes may be written down. */
function formsOf(secret: Uint8Array): readonly Buffer[] {
  const bytes = Buffer.from(secret)
  const texts = [bytes.toString('hex'), bytes.toString('hex').toUpperCase()]
  // Base64 of a longer text holds one of three shapes of it; the edges depend on the neighbours.
  for (const shift of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')
    texts.push(encoded.slice(shift === 0 ? 0 : 4, -4))
    texts.push(
      encoded
        .slice(shift === 0 ? 0 : 4, -4)
        .replaceAll('+', '-')
        .replaceAll('/', '_'),
    )
  }
  return [bytes, ...texts.map((text) => Buffer.from(text))]
}

test('no file of the data folder holds a secret, and the database no name or value', async () => {
  await using own = await startServer()
  const plaintext = Buffer.from('PLAINTEXT-that-must-never-be-written-down')
  const id = await newKey(own, {
    Description: 'DESCRIPTION-in-the-audit-log-only',
    Tags: [{ TagKey: 'TAGKEY-in-the-audit-log-only', TagValue: 'TAGVALUE-in-the-audit-log-only' }],
  })
  await succeed(own, 'CreateAlias', { AliasName: 'alias/ALIAS-in-the-audit-log-only', TargetKeyId: id })
  const encrypted = await succeed(own, 'Encrypt', { KeyId: id, Plaintext: plaintext.toString('base64') })
  const blob = String(encrypted['CiphertextBlob'])
  const decrypted = await succeed(own, 'Decrypt', { CiphertextBlob: blob })
  assert.equal(decrypted['Plaintext'], plaintext.toString('base64'))
  const dataKey = await succeed(own, 'GenerateDataKey', { KeyId: id, KeySpec: 'AES_256' })
  const random = await succeed(own, 'GenerateRandom', { NumberOfBytes: 32 })
  const token = 'GRANTTOKEN-that-must-never-be-written-down'
  await call(own, 'Encrypt', { KeyId: id, Plaintext: base64('x'), GrantTokens: [token] })
  let authorization = ''
  await call(
    own,
    'ListKeys',
    {},
    {
      tamper: (headers) => {
        authorization = headers.get('authorization') ?? ''
      },
    },
  )
  const signature = authorization.slice(-64)
  await call(
    own,
    'ListKeys',
    {},
    {
      tamper: (headers) => headers.set('authorization', 'Bearer BEARER-that-must-never-be-written-down'),
    },
  )
  assert.equal(await own.stop(), 0)
  const files = await filesBelow(own.data)
  const told = files.filter(([, bytes]) => bytes.includes('DESCRIPTION-in-the-audit-log-only'))
  assert.ok(told.length > 0 && told.every(([path]) => /\/(?:audit|index)\//.test(path)))
  const secrets: readonly (readonly [what: string, bytes: Uint8Array])[] = [
    ['the plaintext', plaintext],
    ['the ciphertext', Buffer.from(blob, 'base64')],
    ['the data key', Buffer.from(String(dataKey['Plaintext']), 'base64')],
    ['the encrypted data key', Buffer.from(String(dataKey['CiphertextBlob']), 'base64')],
    ['the random bytes', Buffer.from(String(random['Plaintext']), 'base64')],
    ['the grant token', Buffer.from(token)],
    ['the signature', Buffer.from(signature, 'hex')],
    ['the bearer token', Buffer.from('BEARER-that-must-never-be-written-down')],
  ]
  for (const [path, bytes] of files) {
    for (const [what, secret] of secrets) {
      for (const form of formsOf(secret)) assert.equal(bytes.includes(form), false, `${what} is in ${path}`)
    }
    // The index is derived from the audit log, and shows no more than that.
    if (path.includes('/audit/') || path.includes('/index/')) continue
    assert.equal(bytes.includes('in-the-audit-log-only'), false, path)
    if (!path.endsWith('credentials')) {
      const { secretAccessKey } = own.credentials
      assert.equal(bytes.includes(secretAccessKey), false, `the secret access key is in ${path}`)
    }
  }
})

test('no file holds a password, nor the seed of an MFA device', async () => {
  await using own = await startServer()
  const client = iamClient(own)
  const ask = (name: string, input: object): Promise<Answer> => callIam(client, name, input)
  const passwords = ['FIRST-Password-1', 'SECOND-Password-2', 'WRONG-Password-3', 'SHORT-1'] as const
  const [first, second, wrong, short] = passwords
  const credentials = await newUser(client, 'ada', policyText(allow('iam:*')))
  await ask('UpdateAccountPasswordPolicy', { MinimumPasswordLength: 8, PasswordReusePrevention: 24 })
  await ask('CreateLoginProfile', { UserName: 'ada', Password: first })
  const ada = iamClient(own, credentials)
  const changing = (OldPassword: string, NewPassword: string): Promise<string> =>
    outcomeOf(callIam(ada, 'ChangePassword', { OldPassword, NewPassword }))
  assert.match(await changing(wrong, second), /^AccessDenied /)
  assert.match(await changing(first, short), /^PasswordPolicyViolation/)
  assert.match(await changing(first, first), /^PasswordPolicyViolation/)
  assert.match(await changing(first, `${second}\u0107`), /^ValidationError/)
  assert.equal(await changing(first, second), 'allowed')
  const device = inside(
    await ask('CreateVirtualMFADevice', { VirtualMFADeviceName: 'phone' }),
    'VirtualMFADevice',
  )
  const seed = Buffer.from(inside(device, 'Base32StringSeed') as Uint8Array)
  const picture = Buffer.from(inside(device, 'QRCodePNG') as Uint8Array)
  client.destroy()
  ada.destroy()
  assert.equal(await own.stop(), 0)
  const secrets = [...passwords.map((text) => Buffer.from(text)), seed, picture.subarray(-60)]
  for (const [path, bytes] of await filesBelow(own.data)) {
    for (const [index, secret] of secrets.entries()) {
      for (const form of formsOf(secret)) assert.equal(bytes.includes(form), false, `${index} is in ${path}`)
    }
  }
})

test('no file holds what a key signs, shares or is made of, nor what goes wrong with it', async () => {
  await using own = await startServer()
  const secrets: (readonly [what: string, bytes: Buffer])[] = []
  const plant = (what: string, value: unknown): string => {
    secrets.push([what, Buffer.from(String(value), 'base64')])
    return String(value)
  }
  const keyOf = (KeySpec: string, KeyUsage: string) => newKey(own, { KeySpec, KeyUsage })
  const message = plant('the message', base64('MESSAGE-that-must-never-be-written-down'))
  const signing = {
    KeyId: await keyOf('ECC_NIST_P256', 'SIGN_VERIFY'),
    Message: message,
    SigningAlgorithm: 'ECDSA_SHA_256',
  }
  plant('the signature', (await succeed(own, 'Sign', signing))['Signature'])
  const forged = plant('a wrong signature', randomBytes(70).toString('base64'))
  assert.equal(
    (await call(own, 'Verify', { ...signing, Signature: forged })).code,
    'KMSInvalidSignatureException',
  )
  const macing = { KeyId: await keyOf('HMAC_256', 'GENERATE_VERIFY_MAC'), Message: message }
  const mac = await succeed(own, 'GenerateMac', { ...macing, MacAlgorithm: 'HMAC_SHA_256' })
  plant('the MAC', mac['Mac'])
  const agreeing = await keyOf('ECC_NIST_P384', 'KEY_AGREEMENT')
  const { PublicKey: peer } = await succeed(own, 'GetPublicKey', {
    KeyId: await keyOf('ECC_NIST_P384', 'KEY_AGREEMENT'),
  })
  const agreed = { KeyId: agreeing, KeyAgreementAlgorithm: 'ECDH', PublicKey: String(peer) }
  plant('the shared secret', (await succeed(own, 'DeriveSharedSecret', agreed))['SharedSecret'])
  const kem = {
    KeyId: await keyOf('ML_KEM_768', 'ENCAPSULATE_DECAPSULATE'),
    EncapsulationAlgorithm: 'ML_KEM',
  }
  plant('the encapsulated secret', (await succeed(own, 'Encapsulate', kem))['SharedSecret'])
  const symmetric = await newKey(own)
  const pair = await succeed(own, 'GenerateDataKeyPair', { KeyId: symmetric, KeyPairSpec: 'ECC_NIST_P256' })
  plant('the private key of a pair', pair['PrivateKeyPlaintext'])
  const external = await newKey(own, { Origin: 'EXTERNAL' })
  const manner = { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' }
  const parameters = await succeed(own, 'GetParametersForImport', { KeyId: external, ...manner })
  const spki = {
    key: Buffer.from(String(parameters['PublicKey']), 'base64'),
    type: 'spki',
    format: 'der',
  } as const
  const material = Buffer.from(plant('imported material', randomBytes(32).toString('base64')), 'base64')
  const wrapped = publicEncrypt({ key: createPublicKey(spki), oaepHash: 'sha256' }, material)
  const model = { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }
  await succeed(own, 'ImportKeyMaterial', {
    KeyId: external,
    ...model,
    ImportToken: plant('the import token', parameters['ImportToken']),
    EncryptedKeyMaterial: plant('wrapped material', wrapped.toString('base64')),
  })
  assert.equal(await own.stop(), 0)
  const files = [...(await filesBelow(own.data)), ['standard error', Buffer.from(own.errors())] as const]
  for (const [path, bytes] of files) {
    for (const [what, secret] of secrets) {
      for (const form of formsOf(secret)) assert.equal(bytes.includes(form), false, `${what} is in ${path}`)
    }
  }
})
