/** Key stores of type AWS_CLOUDHSM, whose clusters are tokens of SoftHSM, by way of PKCS #11. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Output } from '../../src/api/json.ts'
import { eventOf } from '../support/audit.ts'
import { assertError, base64, type CallOptions, call, newKey, succeed } from '../support/calls.ts'
import { makeCertificate, type TestCertificate } from '../support/certificate.ts'
import { run as runProgram } from '../support/run.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { connect, describeStore, newStore } from '../support/stores.ts'
import { clusterInput, clusterOf, makeTokens, NO_SOFTHSM, PIN, type TestTokens } from '../support/tokens.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const CONTEXT = { project: 'nile', department: 'marketing' }
const NOT_CONNECTED =
  /^This KMS key is in a custom key store that is not connected to its AWS CloudHSM cluster/

let certificate: TestCertificate
let tokens: TestTokens
let server: TestServer

before(async () => {
  if (NO_SOFTHSM !== false) return
  certificate = await makeCertificate()
  tokens = await makeTokens(['orders', 'billing', 'spare', 'wrong'])
  server = await startServer({ environment: tokens.environment })
})

after(async () => {
  if (NO_SOFTHSM !== false) return
  await server[Symbol.asyncDispose]()
  await tokens[Symbol.asyncDispose]()
  await certificate[Symbol.asyncDispose]()
})

/** The answer of a call whose members are all texts. */
async function textsOf(
  name: string,
  input: Output,
  options: CallOptions = {},
): Promise<Readonly<Record<string, string>>> {
  return (await succeed(server, name, input, options)) as Record<string, string>
}

async function connected(label: string, region?: string): Promise<string> {
  const options = region === undefined ? {} : { region }
  const storeId = await newStore(server, clusterInput(label, certificate), options)
  const entry = await connect(server, storeId, options)
  assert.equal(entry.ConnectionState, 'CONNECTED', JSON.stringify(entry))
  return storeId
}

test('a key in a token is made, used and deleted there, and never leaves it', {
  skip: NO_SOFTHSM,
}, async (t) => {
  const storeId = await connected('orders')
  const answer = await call(server, 'CreateKey', { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: storeId })
  assert.equal(answer.status, 200, answer.text)
  const metadata = answer.json['KeyMetadata'] as Output
  const keyId = String(metadata['KeyId'])
  const use = { KeyId: keyId, EncryptionContext: CONTEXT }

  await t.test('its metadata names store and cluster, and no material', async () => {
    assert.match(keyId, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    const described = (await succeed(server, 'DescribeKey', { KeyId: keyId }))['KeyMetadata'] as Output
    for (const facts of [metadata, described]) {
      assert.equal(facts['Origin'], 'AWS_CLOUDHSM')
      assert.equal(facts['CustomKeyStoreId'], storeId)
      assert.equal(facts['CloudHsmClusterId'], clusterOf('orders'))
      assert.equal(facts['KeyState'], 'Enabled')
      assert.equal(facts['CurrentKeyMaterialId'], undefined)
      assert.equal(facts['XksKeyConfiguration'], undefined)
    }
  })

  await t.test('the token has it under its id, and gives it to nobody', async () => {
    const printed = await tokens.keysOf('orders')
    assert.match(printed, new RegExp(`label: +${keyId}`))
    assert.match(printed, /sensitive, always sensitive, never extractable, local/)
  })

  await t.test('Encrypt and Decrypt give the plaintext back, for its context only', async () => {
    const plaintext = Buffer.alloc(4096, 7).toString('base64')
    const { CiphertextBlob = '' } = await textsOf('Encrypt', { ...use, Plaintext: plaintext })
    const opened = await call(server, 'Decrypt', { CiphertextBlob, EncryptionContext: CONTEXT })
    assert.equal(opened.json['Plaintext'], plaintext, opened.text)
    const event = await eventOf(server, opened.requestId)
    assert.deepEqual(event.additionalEventData, { customKeyStoreId: storeId })
    const other = { CiphertextBlob, EncryptionContext: { project: 'kongo' } }
    assertError(await call(server, 'Decrypt', other), 'InvalidCiphertextException', undefined)
    const bytes = Buffer.from(CiphertextBlob, 'base64')
    for (const at of [28, 40, 60, 62, 63, 70, 80, 120]) {
      const changed = Buffer.from(bytes)
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
      const spoiled = { CiphertextBlob: changed.toString('base64'), EncryptionContext: CONTEXT }
      assertError(await call(server, 'Decrypt', spoiled), 'InvalidCiphertextException', undefined)
    }
  })

  await t.test('data keys and ReEncrypt work, and data key pairs do not', async () => {
    const { Plaintext, CiphertextBlob } = await textsOf('GenerateDataKey', {
      ...use,
      KeySpec: 'AES_256',
    })
    const opened = await succeed(server, 'Decrypt', { CiphertextBlob, EncryptionContext: CONTEXT })
    assert.equal(opened['Plaintext'], Plaintext)
    await succeed(server, 'GenerateDataKeyWithoutPlaintext', { ...use, KeySpec: 'AES_256' })
    const other = await newKey(server)
    const out = await textsOf('ReEncrypt', {
      CiphertextBlob,
      SourceEncryptionContext: CONTEXT,
      DestinationKeyId: other,
    })
    const back = await textsOf('ReEncrypt', {
      CiphertextBlob: out['CiphertextBlob'],
      DestinationKeyId: keyId,
    })
    const last = await succeed(server, 'Decrypt', { CiphertextBlob: back['CiphertextBlob'] })
    assert.equal(last['Plaintext'], Plaintext)
    const pair = await call(server, 'GenerateDataKeyPair', { ...use, KeyPairSpec: 'ECC_NIST_P256' })
    assertError(pair, 'UnsupportedOperationException', /origin is AWS_CLOUDHSM/)
  })

  await t.test('what keys in key stores cannot do is refused', async () => {
    const refused = [
      ['EnableKeyRotation', { KeyId: keyId }],
      ['RotateKeyOnDemand', { KeyId: keyId }],
      [
        'GetParametersForImport',
        { KeyId: keyId, WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' },
      ],
      ['ReplicateKey', { KeyId: keyId, ReplicaRegion: 'eu-west-1' }],
      [
        'CreateKey',
        {
          Origin: 'AWS_CLOUDHSM',
          CustomKeyStoreId: storeId,
          KeySpec: 'RSA_2048',
          KeyUsage: 'ENCRYPT_DECRYPT',
        },
      ],
      ['CreateKey', { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: storeId, MultiRegion: true }],
    ] as const
    for (const [name, input] of refused) {
      assertError(await call(server, name, input), 'UnsupportedOperationException', /./)
    }
    for (const input of [
      { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId: storeId, XksKeyId: 'a' },
      { Origin: 'AWS_KMS', CustomKeyStoreId: storeId },
      { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: storeId, XksKeyId: 'a' },
    ]) {
      assertError(await call(server, 'CreateKey', input), 'ValidationException', /./)
    }
  })

  await t.test('GenerateRandom takes bytes from the token', async () => {
    const input = { NumberOfBytes: 1024, CustomKeyStoreId: storeId }
    const { Plaintext } = await succeed(server, 'GenerateRandom', input)
    assert.equal(Buffer.from(String(Plaintext), 'base64').length, 1024)
    const none = await call(server, 'GenerateRandom', { CustomKeyStoreId: storeId })
    assertError(none, 'ValidationException', /./)
  })

  await t.test(
    'twenty calls of CreateKey at once make twenty keys in the token, and none beside them',
    async () => {
      const input = { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: storeId }
      const answers = await Promise.all(Array.from({ length: 20 }, () => call(server, 'CreateKey', input)))
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
      const ids = answers.map(({ json }) => String((json['KeyMetadata'] as Output)['KeyId']))
      const labels = [...(await tokens.keysOf('orders')).matchAll(/label: +(\S+)/g)].map(([, label]) => label)
      assert.deepEqual(labels.toSorted(), [keyId, ...ids].toSorted())
    },
  )

  await t.test('while the store is disconnected, its keys are unavailable', async () => {
    const { CiphertextBlob } = await textsOf('Encrypt', { KeyId: keyId, Plaintext: base64('a') })
    await succeed(server, 'DisconnectCustomKeyStore', { CustomKeyStoreId: storeId })
    assertError(await call(server, 'Decrypt', { CiphertextBlob }), 'KMSInvalidStateException', NOT_CONNECTED)
    const create = await call(server, 'CreateKey', { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: storeId })
    assertError(create, 'CustomKeyStoreInvalidStateException', NOT_CONNECTED)
    const random = await call(server, 'GenerateRandom', { NumberOfBytes: 1, CustomKeyStoreId: storeId })
    assertError(random, 'CustomKeyStoreInvalidStateException', NOT_CONNECTED)
    const { KeyMetadata } = await succeed(server, 'DescribeKey', { KeyId: keyId })
    assert.equal((KeyMetadata as Output)['KeyState'], 'Unavailable')
    const remove = await call(server, 'DeleteCustomKeyStore', { CustomKeyStoreId: storeId })
    assertError(remove, 'CustomKeyStoreHasCMKsException', /./)
    assert.equal((await connect(server, storeId)).ConnectionState, 'CONNECTED')
    await succeed(server, 'Decrypt', { CiphertextBlob })
  })
})

test('the operations on stores answer as those of AWS', { skip: NO_SOFTHSM }, async (t) => {
  const region = 'eu-north-1'
  const here = { region }
  const storeId = await newStore(server, clusterInput('billing', certificate), here)

  await t.test('DescribeCustomKeyStores shows cluster and certificate, and no password', async () => {
    const { CreationDate, ...entry } = await describeStore(server, storeId, here)
    assert.equal(typeof CreationDate, 'number')
    assert.deepEqual(entry, {
      CloudHsmClusterId: clusterOf('billing'),
      ConnectionState: 'DISCONNECTED',
      CustomKeyStoreId: storeId,
      CustomKeyStoreName: 'billing',
      CustomKeyStoreType: 'AWS_CLOUDHSM',
      TrustAnchorCertificate: certificate.cert,
    })
  })

  await t.test(
    'CreateCustomKeyStore refuses clusters that are in use, unknown, or of another account',
    async () => {
      const again = clusterInput('billing', certificate, { CustomKeyStoreName: 'again' })
      assertError(
        await call(server, 'CreateCustomKeyStore', again, here),
        'CloudHsmClusterInUseException',
        /./,
      )
      const unknown = clusterInput('nowhere', certificate)
      assertError(
        await call(server, 'CreateCustomKeyStore', unknown, here),
        'CloudHsmClusterNotFoundException',
        /./,
      )
      const text = clusterInput('spare', certificate, { TrustAnchorCertificate: 'no certificate' })
      assertError(
        await call(server, 'CreateCustomKeyStore', text, here),
        'IncorrectTrustAnchorException',
        /./,
      )
    },
  )

  await t.test('a password that is not the PIN fails to connect, and the token is not asked', async () => {
    const wrong = { CustomKeyStoreId: storeId, KeyStorePassword: 'not-the-pin' }
    await succeed(server, 'UpdateCustomKeyStore', wrong, here)
    const entry = await connect(server, storeId, here)
    assert.equal(entry.ConnectionState, 'FAILED')
    assert.equal(entry.ConnectionErrorCode, 'INVALID_CREDENTIALS')
    const again = await call(server, 'ConnectCustomKeyStore', { CustomKeyStoreId: storeId }, here)
    assertError(again, 'CustomKeyStoreInvalidStateException', /./)
    await succeed(server, 'DisconnectCustomKeyStore', { CustomKeyStoreId: storeId }, here)
    await succeed(server, 'UpdateCustomKeyStore', { ...wrong, KeyStorePassword: PIN }, here)
    assert.equal((await connect(server, storeId, here)).ConnectionState, 'CONNECTED')
  })

  await t.test('UpdateCustomKeyStore needs a disconnected store, and a cluster with the keys', async () => {
    const cluster = { CustomKeyStoreId: storeId, CloudHsmClusterId: clusterOf('spare') }
    const early = await call(server, 'UpdateCustomKeyStore', cluster, here)
    assertError(early, 'CustomKeyStoreInvalidStateException', /./)
    await succeed(server, 'CreateKey', { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: storeId }, here)
    await succeed(
      server,
      'UpdateCustomKeyStore',
      { CustomKeyStoreId: storeId, NewCustomKeyStoreName: 'b' },
      here,
    )
    await succeed(server, 'DisconnectCustomKeyStore', { CustomKeyStoreId: storeId }, here)
    const other = await call(server, 'UpdateCustomKeyStore', cluster, here)
    assertError(other, 'CloudHsmClusterNotRelatedException', /./)
    const same = { CustomKeyStoreId: storeId, CloudHsmClusterId: clusterOf('billing') }
    await succeed(server, 'UpdateCustomKeyStore', same, here)
    const proxy = { CustomKeyStoreId: storeId, XksProxyUriPath: '/kms/xks/v1' }
    assertError(await call(server, 'UpdateCustomKeyStore', proxy, here), 'ValidationException', /./)
  })

  await t.test('a store without keys is deleted', async () => {
    const empty = await newStore(
      server,
      clusterInput('spare', certificate, { CustomKeyStoreName: 'empty' }),
      here,
    )
    await succeed(server, 'DeleteCustomKeyStore', { CustomKeyStoreId: empty }, here)
    const text = JSON.stringify([server.output(), server.errors()])
    assert.ok(!text.includes(PIN), 'the PIN is in no output')
  })
})

test('random data of all sizes returns from a token', { skip: NO_SOFTHSM }, async () => {
  const storeId = await connected('spare', 'ap-south-1')
  const here = { region: 'ap-south-1' }
  const input = { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: storeId }
  const { KeyMetadata } = await succeed(server, 'CreateKey', input, here)
  const KeyId = String((KeyMetadata as Output)['KeyId'])
  for (const size of [1, 15, 16, 17, 4095, 4096]) {
    const Plaintext = randomBytes(size).toString('base64')
    const { CiphertextBlob } = await textsOf('Encrypt', { KeyId, Plaintext }, here)
    assert.equal((await succeed(server, 'Decrypt', { CiphertextBlob }, here))['Plaintext'], Plaintext)
  }
})

test('the root key opens by a key in a token, and not without it', { skip: NO_SOFTHSM }, async () => {
  const data = await temporaryFolder()
  const run = (...args: readonly string[]) =>
    runProgram(process.execPath, [MAIN, ...args], {
      environment: { ...tokens.environment, HOLDFAST_DATA: data },
    })
  const done = async (...args: readonly string[]): Promise<string> => {
    const { status, out, err } = await run(...args)
    assert.equal(status, 0, err)
    return out
  }
  const refused = async (...args: readonly string[]): Promise<string> => {
    const { status, err } = await run(...args)
    assert.notEqual(status, 0)
    return err
  }
  await done('seal', 'add', 'hsm', '--type', 'pkcs11', '--token', 'billing')
  assert.match(await done('seal', 'prove'), /hsm \(pkcs11\): opens/)
  assert.match(await done('seal', 'list'), /hsm +pkcs11 +by itself/)
  assert.match(await refused('seal', 'add', 'b', '--type', 'pkcs11'), /--token: expected the name of a token/)
  assert.match(
    await refused('seal', 'add', 'b', '--type', 'pkcs11', '--token', 'no'),
    /there is no token 'no'/,
  )
  const keyId = await withServer(data, (own) => newKey(own))
  assert.ok(!(await readdir(data)).includes('root.key'))
  await withServer(data, (own) => succeed(own, 'DescribeKey', { KeyId: keyId }))
  await tokens.writePin('not-the-pin')
  assert.match(
    await refused('seal', 'prove'),
    /cannot be opened\. hsm: token billing: .*(?:refused the PIN|CKR_PIN_INCORRECT)/,
  )
  await tokens.writePin(PIN)
  const [, path] = /(holdfast-seal-\S+)/.exec(await tokens.keysOf('billing')) ?? []
  assert.ok(path !== undefined, 'the token has the key of the path')
  await tokens.remove('billing', path)
  assert.match(await refused('seal', 'prove'), /hsm: token billing: the token has no key holdfast-seal-/)
  await rm(data, { recursive: true })
})

async function withServer<T>(data: string, use: (own: TestServer) => Promise<T>): Promise<T> {
  await using own = await startServer({ data, environment: tokens.environment })
  const result = await use(own)
  assert.equal(await own.stop(), 0)
  return result
}
