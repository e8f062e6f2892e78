/** KMS keys in an external key store: one Holdfast as client, and another, or a scripted proxy, as proxy. */

import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import type { Output } from '../../src/api/json.ts'
import { eventOf, readEvents } from '../support/audit.ts'
import { type Answer, assertError, base64, call, fromBase64, newKey, succeed } from '../support/calls.ts'
import {
  makeCertificate,
  NO_CERTIFICATES,
  type TestCertificate,
  testWithCertificate as test,
} from '../support/certificate.ts'
import { runHoldfast } from '../support/command.ts'
import { type HoldfastProxy, type ProxyCredential, startHoldfastProxy } from '../support/holdfast-proxy.ts'
import { REGION } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { connect, describeStore, newStore, proxySettings } from '../support/stores.ts'
import { until } from '../support/until.ts'
import {
  type Behaviour,
  openScriptedProxy,
  PROXY_PATH,
  type ProxyRequest,
  refusal,
  type ScriptedProxy,
  USABLE,
} from '../support/xks-proxy.ts'

const NOT_CONNECTED = /^This KMS key is in a custom key store that is not connected to its external key store/
const CONTEXT = { project: 'nile', department: 'marketing' }

let certificate: TestCertificate

before(async () => {
  if (NO_CERTIFICATES !== false) return
  certificate = await makeCertificate()
})

after(async () => {
  if (NO_CERTIFICATES !== false) return
  await certificate[Symbol.asyncDispose]()
})

/** A Holdfast with a connected store at a Holdfast. */
type Pair = AsyncDisposable & {
  readonly server: TestServer
  readonly proxy: HoldfastProxy
  readonly credential: ProxyCredential
  readonly storeId: string
}

async function openPair(): Promise<Pair> {
  const proxy = await startHoldfastProxy(certificate, { prefix: '/team' })
  const credential = await proxy.newCredential()
  await proxy.command('key', 'create', 'orders')
  const server = await startServer({ environment: proxySettings(certificate, proxy.port) })
  const storeId = await newStore(server, {
    XksProxyUriPath: `/team${PROXY_PATH}`,
    XksProxyAuthenticationCredential: inputOf(credential),
  })
  assert.equal((await connect(server, storeId)).ConnectionState, 'CONNECTED')
  return {
    server,
    proxy,
    credential,
    storeId,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]()
      await proxy[Symbol.asyncDispose]()
    },
  }
}

function inputOf({ accessKeyId, secretAccessKey }: ProxyCredential): Output {
  return { AccessKeyId: accessKeyId, RawSecretAccessKey: secretAccessKey }
}

function keyIn(storeId: string, xksKeyId: string, more: Output = {}): Output {
  return { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId: storeId, XksKeyId: xksKeyId, ...more }
}

test('two Holdfasts: a key in an external key store works from its making to its end', async (t) => {
  await using pair = await openPair()
  const { server, proxy, storeId, credential } = pair
  const made = await call(server, 'CreateKey', keyIn(storeId, 'orders'))
  assert.equal(made.status, 200, made.text)
  const metadata = made.json['KeyMetadata'] as Record<string, unknown>
  const keyId = String(metadata['KeyId'])
  const arn = String(metadata['Arn'])
  const state = async (): Promise<unknown> => {
    const { KeyMetadata } = await succeed(server, 'DescribeKey', { KeyId: keyId })
    return (KeyMetadata as Record<string, unknown>)['KeyState']
  }
  const encrypt = () =>
    succeed(server, 'Encrypt', { KeyId: keyId, Plaintext: base64('a'), EncryptionContext: CONTEXT })
  const decrypt = (blob: unknown, more: Output = {}) =>
    call(server, 'Decrypt', { CiphertextBlob: String(blob), EncryptionContext: CONTEXT, ...more })

  await t.test('its metadata names store and external key, and no material', () => {
    assert.equal(metadata['Origin'], 'EXTERNAL_KEY_STORE')
    assert.equal(metadata['CustomKeyStoreId'], storeId)
    assert.deepEqual(metadata['XksKeyConfiguration'], { Id: 'orders' })
    assert.equal(metadata['KeyState'], 'Enabled')
    assert.equal(metadata['CurrentKeyMaterialId'], undefined)
    assert.equal(metadata['MultiRegion'], false)
  })

  await t.test('the uses of all keys of a store have a rate of their own', async () => {
    const set = async (value: string): Promise<void> => {
      const args = ['--account=000000000000', '--name=kms.custom-key-store', `--value=${value}`]
      const { status, errors } = await runHoldfast(server.data, 'quota', 'set', ...args)
      assert.equal(status, 0, errors)
    }
    await set('1')
    const input = { KeyId: keyId, Plaintext: base64('a') }
    const answers = await Promise.all(Array.from({ length: 20 }, () => call(server, 'Encrypt', input)))
    const codes = new Set(answers.map(({ code }) => code))
    assert.ok(codes.has('ThrottlingException') && codes.has(undefined), [...codes].join())
    await succeed(server, 'GenerateRandom', { NumberOfBytes: 1 })
    await set('default')
    await succeed(server, 'Encrypt', input)
  })

  await t.test('Encrypt and Decrypt give the plaintext back, for its context only', async () => {
    const answer = await call(server, 'Encrypt', {
      KeyId: keyId,
      Plaintext: Buffer.alloc(4096, 7).toString('base64'),
      EncryptionContext: CONTEXT,
    })
    assert.equal(answer.status, 200, answer.text)
    const opened = await decrypt(answer.json['CiphertextBlob'])
    assert.equal(opened.json['Plaintext'], Buffer.alloc(4096, 7).toString('base64'))
    assert.equal(opened.json['KeyId'], arn)
    assert.equal(opened.json['KeyMaterialId'], undefined)
    const other = await decrypt(answer.json['CiphertextBlob'], { EncryptionContext: { project: 'kongo' } })
    assertError(other, 'KMSInvalidStateException', /specified ciphertext or encryption context is corrupted/)
    const event = await eventOf(server, opened.requestId)
    assert.deepEqual(event.additionalEventData, { customKeyStoreId: storeId, xksKeyId: 'orders' })
  })

  await t.test("the proxy's audit log says for whom it was", async () => {
    const answer = await call(server, 'Encrypt', { KeyId: keyId, Plaintext: base64('a') })
    const found = (await readEvents(proxy.data)).filter(
      ({ requestParameters }) =>
        (requestParameters?.['requestMetadata'] as Record<string, string>)?.['kmsRequestId'] ===
        answer.requestId,
    )
    assert.equal(found.length, 1)
    assert.equal(found[0]?.eventName, 'Encrypt')
    assert.deepEqual(found[0]?.requestParameters, {
      externalKeyId: 'orders',
      requestMetadata: {
        awsPrincipalArn: 'arn:aws:iam::000000000000:root',
        kmsOperation: 'Encrypt',
        kmsRequestId: answer.requestId,
        kmsKeyArn: arn,
      },
    })
  })

  await t.test('data keys and ReEncrypt work into the store and out of it', async () => {
    const dataKey = await succeed(server, 'GenerateDataKey', { KeyId: keyId, KeySpec: 'AES_256' })
    const opened = await decrypt(dataKey['CiphertextBlob'], { EncryptionContext: {} })
    assert.equal(opened.json['Plaintext'], dataKey['Plaintext'])
    const hidden = await succeed(server, 'GenerateDataKeyWithoutPlaintext', {
      KeyId: keyId,
      KeySpec: 'AES_128',
    })
    assert.equal((await decrypt(hidden['CiphertextBlob'], { EncryptionContext: {} })).status, 200)
    const plain = await newKey(server)
    const out = await succeed(server, 'ReEncrypt', {
      CiphertextBlob: String(dataKey['CiphertextBlob']),
      DestinationKeyId: plain,
    })
    const back = await succeed(server, 'ReEncrypt', {
      CiphertextBlob: String(out['CiphertextBlob']),
      DestinationKeyId: keyId,
    })
    assert.equal(back['SourceKeyId'], `arn:aws:kms:${REGION}:000000000000:key/${plain}`)
    assert.equal(
      (await decrypt(back['CiphertextBlob'], { EncryptionContext: {} })).json['Plaintext'],
      dataKey['Plaintext'],
    )
  })

  await t.test(
    'a ciphertext that was changed, or another key of the same external key, opens nothing',
    async () => {
      const { CiphertextBlob } = await encrypt()
      const bytes = Buffer.from(String(CiphertextBlob), 'base64')
      for (let at = 0; at < bytes.length; at += 1) {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ 1
        const answer = await decrypt(changed.toString('base64'), { KeyId: keyId })
        const codes = ['InvalidCiphertextException', 'KMSInvalidStateException', 'IncorrectKeyException']
        assert.ok(codes.includes(answer.code ?? ''), `byte ${at}: ${answer.text}`)
      }
    },
  )

  await t.test('operations that no store supports are refused', async () => {
    const pairInput = { KeyId: keyId, KeyPairSpec: 'ECC_NIST_P256' }
    for (const [operation, input] of [
      ['GenerateDataKeyPair', pairInput],
      ['EnableKeyRotation', { KeyId: keyId }],
      [
        'GetParametersForImport',
        { KeyId: keyId, WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' },
      ],
    ] as const) {
      const answer = await call(server, operation, input)
      assertError(
        answer,
        'UnsupportedOperationException',
        `${arn} origin is EXTERNAL_KEY_STORE which is not valid for this operation.`,
      )
    }
  })

  await t.test('GetKeyRotationStatus says that a key in a store does not rotate', async () => {
    const status = await succeed(server, 'GetKeyRotationStatus', { KeyId: keyId })
    assert.deepEqual(status, { KeyId: arn, KeyRotationEnabled: false })
  })

  await t.test('the external key belongs to one KMS key of the store', async () => {
    const again = await call(server, 'CreateKey', keyIn(storeId, 'orders'))
    assertError(again, 'XksKeyAlreadyInUseException', /orders/)
  })

  await t.test(
    'a disabled external key ends its use at once, without changing the state of the KMS key',
    async () => {
      const { CiphertextBlob } = await encrypt()
      await proxy.command('key', 'disable', 'orders')
      assertError(
        await decrypt(CiphertextBlob),
        'KMSInvalidStateException',
        /is not enabled in the external key/,
      )
      assert.equal(await state(), 'Enabled')
      await proxy.command('key', 'enable', 'orders')
      assert.equal(fromBase64((await decrypt(CiphertextBlob)).json['Plaintext']), 'a')
    },
  )

  await t.test('credentials are exchanged while the store is connected', async () => {
    const next = await proxy.newCredential()
    await succeed(server, 'UpdateCustomKeyStore', {
      CustomKeyStoreId: storeId,
      XksProxyAuthenticationCredential: inputOf(next),
    })
    await proxy.command('credential', 'delete', credential.accessKeyId)
    await encrypt()
    await proxy.command('credential', 'delete', next.accessKeyId)
    const refused = await call(server, 'Encrypt', { KeyId: keyId, Plaintext: base64('a') })
    assertError(refused, 'KMSInvalidStateException', /could not authenticate AWS KMS/)
    const third = await proxy.newCredential()
    const update = { CustomKeyStoreId: storeId, XksProxyAuthenticationCredential: inputOf(third) }
    await succeed(server, 'UpdateCustomKeyStore', update)
    await encrypt()
  })

  await t.test(
    'keys of a disconnected store are Unavailable, and what is done to them shows afterwards',
    async () => {
      const { CiphertextBlob } = await encrypt()
      await succeed(server, 'DisconnectCustomKeyStore', { CustomKeyStoreId: storeId })
      assert.equal(await state(), 'Unavailable')
      assertError(await decrypt(CiphertextBlob), 'KMSInvalidStateException', NOT_CONNECTED)
      const input = { KeyId: keyId, Plaintext: base64('a') }
      assertError(await call(server, 'Encrypt', input), 'KMSInvalidStateException', NOT_CONNECTED)
      assertError(
        await call(server, 'CreateKey', keyIn(storeId, 'others')),
        'CustomKeyStoreInvalidStateException',
        NOT_CONNECTED,
      )
      const held = await call(server, 'DeleteCustomKeyStore', { CustomKeyStoreId: storeId })
      assertError(held, 'CustomKeyStoreHasCMKsException', /contains KMS keys/)
      await succeed(server, 'DisableKey', { KeyId: keyId })
      assert.equal(await state(), 'Unavailable')
      await connect(server, storeId)
      assert.equal(await state(), 'Disabled')
      await succeed(server, 'EnableKey', { KeyId: keyId })
      assert.equal(fromBase64((await decrypt(CiphertextBlob)).json['Plaintext']), 'a')
    },
  )

  await t.test(
    'a key pending deletion stays so while the store is disconnected, and can be saved',
    async () => {
      await succeed(server, 'ScheduleKeyDeletion', { KeyId: keyId, PendingWindowInDays: 7 })
      await succeed(server, 'DisconnectCustomKeyStore', { CustomKeyStoreId: storeId })
      assert.equal(await state(), 'PendingDeletion')
      const held = await call(server, 'DeleteCustomKeyStore', { CustomKeyStoreId: storeId })
      assertError(held, 'CustomKeyStoreHasCMKsException', /contains KMS keys/)
      await succeed(server, 'CancelKeyDeletion', { KeyId: keyId })
      assert.equal(await state(), 'Unavailable')
      await connect(server, storeId)
      assert.equal(await state(), 'Disabled')
      await succeed(server, 'EnableKey', { KeyId: keyId })
    },
  )

  await t.test('a proxy that is gone is said to be so, and is used again when it is back', async () => {
    const { CiphertextBlob } = await encrypt()
    await proxy.stop()
    assertError(
      await decrypt(CiphertextBlob),
      'KMSInvalidStateException',
      /^AWS KMS cannot communicate with the external key store proxy\./,
    )
    assert.equal((await describeStore(server, storeId)).ConnectionState, 'CONNECTED')
    await succeed(server, 'DisconnectCustomKeyStore', { CustomKeyStoreId: storeId })
    const failed = await connect(server, storeId)
    assert.equal(failed.ConnectionErrorCode, 'XKS_PROXY_NOT_REACHABLE')
    assert.equal(await state(), 'Unavailable')
    const { data, port } = proxy
    await using _ = await startHoldfastProxy(certificate, { prefix: '/team', data, port })
    await succeed(server, 'DisconnectCustomKeyStore', { CustomKeyStoreId: storeId })
    assert.equal((await connect(server, storeId)).ConnectionState, 'CONNECTED')
    assert.equal(fromBase64((await decrypt(CiphertextBlob)).json['Plaintext']), 'a')
  })
})

/** One server with a connected store at a scripted proxy. */
async function withScripted(
  use: (given: {
    readonly server: TestServer
    readonly proxy: ScriptedProxy
    readonly storeId: string
  }) => Promise<void>,
): Promise<void> {
  await using proxy = await openScriptedProxy(certificate)
  await using server = await startServer({ environment: proxySettings(certificate, proxy.port) })
  const storeId = await newStore(server)
  assert.equal((await connect(server, storeId)).ConnectionState, 'CONNECTED')
  await use({ server, proxy, storeId })
}

/** Answers with the right answer and then something else in it. */
function changed(action: string, change: Output): Behaviour {
  return (request: ProxyRequest, right) =>
    request.path.endsWith(action) ? { body: { ...(right().body as object), ...change } } : undefined
}

function on(action: string, behaviour: Behaviour): Behaviour {
  return (request, right) => (request.path.endsWith(action) ? behaviour(request, right) : undefined)
}

test('a cryptographic operation is KMSInvalidStateException whatever the proxy does wrong', async () => {
  await withScripted(async ({ server, proxy, storeId }) => {
    const keyId = await newKey(server, keyIn(storeId, 'a'))
    const encrypt = (): Promise<Answer> => call(server, 'Encrypt', { KeyId: keyId, Plaintext: base64('a') })
    const good = (await encrypt()).json['CiphertextBlob']
    const decrypt = (): Promise<Answer> => call(server, 'Decrypt', { CiphertextBlob: String(good) })
    const size = (bytes: number): string => Buffer.alloc(bytes).toString('base64')
    const interpret = /^AWS KMS cannot interpret the response from the external key store proxy\./
    const cases: readonly (readonly [Behaviour, () => Promise<Answer>, RegExp])[] = [
      [changed('encrypt', { ciphertextDataIntegrityValue: size(32) }), encrypt, interpret],
      [changed('encrypt', { ciphertextDataIntegrityValue: undefined }), encrypt, interpret],
      [changed('encrypt', { ciphertext: size(3) }), encrypt, interpret],
      [changed('encrypt', { initializationVector: size(13) }), encrypt, interpret],
      [changed('encrypt', { authenticationTag: size(12) }), encrypt, interpret],
      [changed('encrypt', { ciphertextMetadata: size(21) }), encrypt, interpret],
      [on('encrypt', () => ({ body: '{"ciphertext":' })), encrypt, interpret],
      [on('encrypt', () => ({ body: 'x'.repeat(20_000) })), encrypt, interpret],
      [on('encrypt', () => ({ status: 302, body: {} })), encrypt, interpret],
      [on('encrypt', () => refusal(400, 'ValidationException')), encrypt, interpret],
      [changed('decrypt', { plaintext: size(16) }), decrypt, interpret],
      [
        changed('decrypt', { plaintext: size(17) }),
        decrypt,
        /^The ciphertext that the external key store proxy submitted for decryption, or the encryption context, is/,
      ],
      [on('decrypt', () => refusal(400, 'InvalidCiphertextException')), decrypt, /the specified ciphertext/],
      [on('decrypt', () => refusal(400, 'InvalidStateException')), decrypt, /is not enabled in the external/],
      [
        on('decrypt', () => refusal(400, 'InvalidKeyUsageException')),
        decrypt,
        /does not support the requested/,
      ],
      [on('decrypt', () => refusal(401, 'AuthenticationFailedException')), decrypt, /could not authenticate/],
      [on('decrypt', () => refusal(403, 'AccessDeniedException')), decrypt, /denied access to the operation/],
      [on('decrypt', () => refusal(404, 'KeyNotFoundException')), decrypt, /was not found in its external/],
      [
        on('decrypt', () => refusal(404, 'InvalidUriPathException')),
        decrypt,
        /because of an invalid URI path/,
      ],
      [on('decrypt', () => refusal(429, 'ThrottlingException')), decrypt, /due to a very high request rate/],
      [
        on('decrypt', () => refusal(501, 'UnsupportedOperationException')),
        decrypt,
        /does not support the req/,
      ],
      [
        on('decrypt', () => refusal(503, 'DependencyTimeoutException')),
        decrypt,
        /did not respond to the request/,
      ],
      [
        on('decrypt', () => refusal(500, 'InternalException')),
        decrypt,
        /cannot communicate with the external key m/,
      ],
      [
        on('decrypt', () => 'hang up'),
        decrypt,
        /^AWS KMS cannot communicate with the external key store proxy/,
      ],
    ]
    for (const [behaviour, operation, message] of cases) {
      proxy.behave(behaviour)
      const answer = await operation()
      assertError(answer, 'KMSInvalidStateException', message)
      assert.ok(!answer.text.includes('a secret of the proxy'))
      const event = await eventOf(server, answer.requestId)
      assert.equal(event.errorCode, 'KMSInvalidStateException')
    }
    proxy.behave(() => undefined)
    assert.equal(fromBase64((await decrypt()).json['Plaintext']), 'a')
  })
})

test('a proxy that takes longer than 250 ms did not respond in time', async () => {
  await withScripted(async ({ server, proxy, storeId }) => {
    const keyId = await newKey(server, keyIn(storeId, 'a'))
    const { HOLDFAST_XKS_TIMEOUT: _, ...environment } = proxySettings(certificate, proxy.port)
    await using impatient = await startServer({ data: server.data, environment })
    proxy.behave(on('encrypt', () => 'silence'))
    const answer = await until('a call gets as far as the proxy', async () => {
      const one = await call(impatient, 'Encrypt', { KeyId: keyId, Plaintext: base64('a') })
      return one.message?.includes('cannot communicate') ? undefined : one
    })
    assertError(
      answer,
      'KMSInvalidStateException',
      /^AWS KMS rejected the request because the external key store proxy did not respond in time\./,
    )
  })
})

test('CreateKey asks the proxy for the external key, and answers what is wrong with it', async () => {
  await withScripted(async ({ server, proxy, storeId }) => {
    const create = (xksKeyId: string, more: Output = {}) =>
      call(server, 'CreateKey', keyIn(storeId, xksKeyId, more))
    const configuration = 'XksKeyInvalidConfigurationException'
    const state = 'CustomKeyStoreInvalidStateException'
    const cases: readonly (readonly [Behaviour, string, RegExp])[] = [
      [() => ({ body: { ...USABLE, keySpec: 'AES_128' } }), configuration, /256-bit AES/],
      [() => ({ body: { ...USABLE, keyUsage: ['ENCRYPT'] } }), configuration, /encryption and decryption/],
      [() => ({ body: { ...USABLE, keyStatus: 'DISABLED' } }), configuration, /must be enabled/],
      [() => refusal(400, 'InvalidStateException'), configuration, /not enabled/],
      [() => refusal(400, 'InvalidKeyUsageException'), configuration, /does not support/],
      [() => refusal(404, 'KeyNotFoundException'), 'XksKeyNotFoundException', /was not found/],
      [() => refusal(403, 'AccessDeniedException'), 'KMSInvalidStateException', /denied access/],
      [() => refusal(401, 'AuthenticationFailedException'), state, /could not authenticate/],
      [() => refusal(404, 'InvalidUriPathException'), state, /invalid URI path/],
      [() => refusal(429, 'ThrottlingException'), state, /very high request rate/],
      [() => refusal(500, 'InternalException'), state, /cannot communicate/],
      [() => refusal(501, 'UnsupportedOperationException'), state, /does not support/],
      [() => refusal(503, 'DependencyTimeoutException'), state, /time allotted/],
      [() => ({ body: '[]' }), state, /cannot interpret/],
      [() => 'hang up', state, /cannot communicate/],
    ]
    for (const [behaviour, code, message] of cases) {
      proxy.behave(behaviour)
      assertError(await create('a'), code, message)
    }
    proxy.behave(() => undefined)
    for (const id of ['.', '..']) assertError(await create(id), 'XksKeyNotFoundException', /no external key/)
    assertError(await create('missing'), 'XksKeyNotFoundException', /was not found/)
    const answer = await create('a')
    assert.equal(answer.status, 200, answer.text)
    assert.deepEqual(proxy.requests.at(-1)?.body['requestMetadata'], {
      awsPrincipalArn: 'arn:aws:iam::000000000000:root',
      kmsOperation: 'CreateKey',
      kmsRequestId: answer.requestId,
    })
    const event = await eventOf(server, answer.requestId)
    assert.equal(event.additionalEventData?.['customKeyStoreName'], 'a store')
  })
})

test('CreateKey needs store and external key for their origin, and refuses them for others', async () => {
  await withScripted(async ({ server, storeId }) => {
    const cases: readonly (readonly [Output, string, RegExp])[] = [
      [keyIn(storeId, 'a', { XksKeyId: undefined }), 'ValidationException', /XksKeyId is required/],
      [
        keyIn(storeId, 'a', { CustomKeyStoreId: undefined }),
        'ValidationException',
        /CustomKeyStoreId is required/,
      ],
      [keyIn(storeId, 'a', { Origin: undefined }), 'ValidationException', /CustomKeyStoreId is not valid/],
      [{ XksKeyId: 'a' }, 'ValidationException', /XksKeyId is not valid for Origin AWS_KMS/],
      [{ Origin: 'AWS_CLOUDHSM' }, 'ValidationException', /CustomKeyStoreId is required/],
      [
        { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: storeId },
        'ValidationException',
        /Origin AWS_CLOUDHSM is not valid/,
      ],
      [
        { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: 'cks-0123456789abcdef0' },
        'CustomKeyStoreNotFoundException',
        /cks-0123456789abcdef0/,
      ],
      [keyIn('cks-0123456789abcdef0', 'a'), 'CustomKeyStoreNotFoundException', /cks-0123456789abcdef0/],
      [keyIn(storeId, 'a', { MultiRegion: true }), 'UnsupportedOperationException', /Multi-Region/],
      [
        keyIn(storeId, 'a', { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }),
        'UnsupportedOperationException',
        /KeySpec HMAC_256/,
      ],
    ]
    for (const [input, code, message] of cases) {
      assertError(await call(server, 'CreateKey', input), code, message)
    }
  })
})

test('of two keys that are made at once for one external key, one is made', async () => {
  await withScripted(async ({ server, storeId }) => {
    const answers = await Promise.all([1, 2, 3].map(() => call(server, 'CreateKey', keyIn(storeId, 'a'))))
    const made = answers.filter(({ status }) => status === 200)
    assert.equal(made.length, 1)
    assert.ok(answers.every(({ status, code }) => status === 200 || code === 'XksKeyAlreadyInUseException'))
  })
})

test('the proxy never sees the plaintext, and gets the encryption context', async () => {
  await withScripted(async ({ server, proxy, storeId }) => {
    const keyId = await newKey(server, keyIn(storeId, 'a'))
    const plaintext = base64('a plaintext that nobody else should see')
    await succeed(server, 'Encrypt', { KeyId: keyId, Plaintext: plaintext, EncryptionContext: CONTEXT })
    const body = proxy.requests.at(-1)?.body ?? {}
    assert.ok(!JSON.stringify(body).includes(plaintext))
    assert.match(fromBase64(body['additionalAuthenticatedData']), /department.*marketing.*project.*nile/s)
    const pairs = Array.from({ length: 500 }, (_, index) => [`name-${index}`, 'value'])
    const input = { KeyId: keyId, Plaintext: plaintext, EncryptionContext: Object.fromEntries(pairs) }
    assertError(await call(server, 'Encrypt', input), 'ValidationException', /at most 8192 bytes/)
  })
})
