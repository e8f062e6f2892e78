/** The six operations on custom key stores, with a proxy that does as a test says. */

import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { eventOf, readEvents } from '../support/audit.ts'
import { assertError, type CallOptions, call, succeed } from '../support/calls.ts'
import {
  makeCertificate,
  NO_CERTIFICATES,
  type TestCertificate,
  testWithCertificate as test,
} from '../support/certificate.ts'
import { startServer, type TestServer } from '../support/server.ts'
import {
  CREDENTIAL,
  connect,
  describeStore,
  newStore,
  proxySettings,
  type StoreEntry,
  settled,
  storeInput,
} from '../support/stores.ts'
import { HEALTHY, openScriptedProxy, PROXY_PATH, refusal, type ScriptedProxy } from '../support/xks-proxy.ts'

let certificate: TestCertificate
let proxy: ScriptedProxy
let server: TestServer

before(async () => {
  if (NO_CERTIFICATES !== false) return
  certificate = await makeCertificate()
  proxy = await openScriptedProxy(certificate)
  server = await startServer({ environment: proxySettings(certificate, proxy.port) })
})

after(async () => {
  if (NO_CERTIFICATES !== false) return
  await server[Symbol.asyncDispose]()
  await proxy[Symbol.asyncDispose]()
  await certificate[Symbol.asyncDispose]()
})

let regions = 0

/** Stores are counted, and their names unique, by region: each test has one of its own. */
function region(): CallOptions {
  regions += 1
  proxy.behave(() => undefined)
  return { region: `eu-test-${regions}` }
}

test('CreateCustomKeyStore asks the proxy for its health and gives an id', async () => {
  const here = region()
  const answer = await call(server, 'CreateCustomKeyStore', storeInput(), here)
  assert.equal(answer.status, 200, answer.text)
  const storeId = String(answer.json['CustomKeyStoreId'])
  assert.match(storeId, /^cks-[0-9a-f]{17}$/)
  const request = proxy.requests.at(-1)
  assert.equal(request?.path, `${PROXY_PATH}/health`)
  assert.deepEqual(request?.body['requestMetadata'], {
    kmsOperation: 'CreateCustomKeyStore',
    kmsRequestId: answer.requestId,
  })
  const { CreationDate, ...entry } = await describeStore(server, storeId, here)
  assert.equal(typeof CreationDate, 'number')
  assert.deepEqual(entry, {
    ConnectionState: 'DISCONNECTED',
    CustomKeyStoreId: storeId,
    CustomKeyStoreName: 'a store',
    CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
    XksProxyConfiguration: {
      AccessKeyId: CREDENTIAL.AccessKeyId,
      Connectivity: 'PUBLIC_ENDPOINT',
      UriEndpoint: 'https://localhost',
      UriPath: PROXY_PATH,
    },
  })
})

test('CreateCustomKeyStore answers every failure of the proxy with its code, and nothing is made', async () => {
  const here = region()
  const unreachable = 'XksProxyUriUnreachableException'
  const invalid = 'XksProxyInvalidResponseException'
  const cases = [
    [400, 'ValidationException', invalid, /cannot interpret the response/],
    [
      401,
      'AuthenticationFailedException',
      'XksProxyIncorrectAuthenticationCredentialException',
      /authenticate/,
    ],
    [404, 'InvalidUriPathException', 'XksProxyInvalidConfigurationException', /invalid URI path/],
    [429, 'ThrottlingException', unreachable, /very high request rate/],
    [500, 'InternalException', invalid, /cannot communicate with the external key manager/],
    [503, 'DependencyTimeoutException', unreachable, /in the time allotted/],
  ] as const
  for (const [status, name, code, message] of cases) {
    proxy.behave(() => refusal(status, name))
    const answer = await call(server, 'CreateCustomKeyStore', storeInput(), here)
    assertError(answer, code, message)
    assert.ok(!answer.text.includes('a secret of the proxy'))
  }
  proxy.behave(() => ({ body: '<html>' }))
  assertError(await call(server, 'CreateCustomKeyStore', storeInput(), here), invalid, /cannot interpret/)
  proxy.behave(() => 'hang up')
  assertError(
    await call(server, 'CreateCustomKeyStore', storeInput(), here),
    unreachable,
    /cannot communicate/,
  )
  const down = [{ id: '1', model: 'm', healthStatus: 'UNAVAILABLE' }]
  proxy.behave(() => ({ body: { ...HEALTHY, ekmFleetDetails: down } }))
  assertError(
    await call(server, 'CreateCustomKeyStore', storeInput(), here),
    unreachable,
    /cannot communicate/,
  )
  assert.deepEqual((await succeed(server, 'DescribeCustomKeyStores', {}, here))['CustomKeyStores'], [])
})

test('CreateCustomKeyStore refuses a name and a proxy that are in use in the region, and no others', async () => {
  const here = region()
  await newStore(server, {}, here)
  const other = { XksProxyUriPath: `/other${PROXY_PATH}` }
  const sameName = await call(server, 'CreateCustomKeyStore', storeInput(other), here)
  assertError(sameName, 'CustomKeyStoreNameInUseException', /a store/)
  const sameUri = { CustomKeyStoreName: 'b', XksProxyUriEndpoint: 'https://LOCALHOST' }
  const answer = await call(server, 'CreateCustomKeyStore', storeInput(sameUri), here)
  assertError(answer, 'XksProxyUriInUseException', /https:\/\/LOCALHOST\/kms\/xks\/v1/)
  await newStore(server, { ...other, CustomKeyStoreName: 'b' }, here)
  await newStore(server, {}, region())
})

test('CreateCustomKeyStore makes ten stores in a region and not eleven', async () => {
  const here = region()
  const input = (number: number) => ({
    CustomKeyStoreName: `store ${number}`,
    XksProxyUriPath: `/team-${number}${PROXY_PATH}`,
  })
  for (let number = 1; number <= 10; number += 1) await newStore(server, input(number), here)
  const eleventh = await call(server, 'CreateCustomKeyStore', storeInput(input(11)), here)
  assertError(eleventh, 'LimitExceededException', /^Custom key stores quota .* is 10, current usage is 10\.$/)
  const pages: string[] = []
  let page = await succeed(server, 'DescribeCustomKeyStores', { Limit: 4 }, here)
  for (;;) {
    pages.push(
      (page['CustomKeyStores'] as StoreEntry[]).map((entry) => entry['CustomKeyStoreName']).join(' '),
    )
    assert.equal(page['Truncated'], page['NextMarker'] !== undefined)
    if (page['NextMarker'] === undefined) break
    const Marker = String(page['NextMarker'])
    page = await succeed(server, 'DescribeCustomKeyStores', { Limit: 4, Marker }, here)
  }
  assert.deepEqual(pages, [
    'store 1 store 2 store 3 store 4',
    'store 5 store 6 store 7 store 8',
    'store 9 store 10',
  ])
})

test('of two stores with one name that are made at once, one is made', async () => {
  const here = region()
  const input = (team: string) => storeInput({ XksProxyUriPath: `/${team}${PROXY_PATH}` })
  const answers = await Promise.all(
    ['a', 'b', 'c'].map((team) => call(server, 'CreateCustomKeyStore', input(team), here)),
  )
  assert.deepEqual(answers.map(({ code }) => code ?? 'made').sort(), [
    'CustomKeyStoreNameInUseException',
    'CustomKeyStoreNameInUseException',
    'made',
  ])
})

test('CreateCustomKeyStore answers for clusters and VPC endpoint services as for ones that are not there', async () => {
  const here = region()
  const cluster = {
    CustomKeyStoreName: 'hsm',
    CloudHsmClusterId: 'cluster-abcdefghijk',
    KeyStorePassword: 'a password',
    TrustAnchorCertificate: 'a certificate',
  }
  const answer = await call(server, 'CreateCustomKeyStore', cluster, here)
  assertError(answer, 'CloudHsmClusterNotFoundException', /cluster-abcdefghijk/)
  const event = await eventOf(server, answer.requestId)
  assert.deepEqual(event.requestParameters, {
    customKeyStoreName: 'hsm',
    customKeyStoreType: 'AWS_CLOUDHSM',
    cloudHsmClusterId: 'cluster-abcdefghijk',
  })
  const service = {
    XksProxyConnectivity: 'VPC_ENDPOINT_SERVICE',
    XksProxyVpcEndpointServiceName: 'com.amazonaws.vpce.eu-west-1.vpce-svc-0123456789abcdef0',
  }
  const vpc = await call(server, 'CreateCustomKeyStore', storeInput(service), here)
  assertError(vpc, 'XksProxyVpcEndpointServiceNotFoundException', /vpce-svc-0123456789abcdef0/)
})

test('CreateCustomKeyStore refuses members that do not belong to the type, and needs those that do', async () => {
  const here = region()
  const wrong = [
    { CustomKeyStoreName: 'a' },
    { CustomKeyStoreName: 'a', CustomKeyStoreType: 'EXTERNAL_KEY_STORE' },
    storeInput({ KeyStorePassword: 'a password' }),
    storeInput({ CustomKeyStoreType: 'AWS_CLOUDHSM' }),
    storeInput({ XksProxyUriPath: undefined }),
    storeInput({ XksProxyConnectivity: 'VPC_ENDPOINT_SERVICE' }),
    storeInput({ XksProxyVpcEndpointServiceOwner: '111122223333' }),
  ]
  for (const input of wrong) {
    const answer = await call(server, 'CreateCustomKeyStore', input, here)
    assertError(answer, 'ValidationException', /must be given for|is not valid for/)
  }
})

test('the secrets of a store are in no answer, no message and no event', async () => {
  const here = region()
  const storeId = await newStore(server, {}, here)
  const short = { ...CREDENTIAL, RawSecretAccessKey: 'a-secret-that-is-too-short' }
  const wrong = { XksProxyAuthenticationCredential: short, CustomKeyStoreName: 'b' }
  const answer = await call(server, 'CreateCustomKeyStore', storeInput(wrong), here)
  assertError(answer, 'ValidationException', /Value at 'xksProxyAuthenticationCredential.rawSecretAccessKey'/)
  assert.ok(!answer.text.includes('too-short'))
  const described = JSON.stringify(await describeStore(server, storeId, here))
  const events = JSON.stringify(await readEvents(server.data))
  for (const text of [described, events, server.output(), server.errors()]) {
    assert.ok(!text.includes(CREDENTIAL.RawSecretAccessKey))
  }
})

test('ConnectCustomKeyStore answers at once; the store is CONNECTING and then CONNECTED', async () => {
  const here = region()
  const storeId = await newStore(server, {}, here)
  const answer = await call(server, 'ConnectCustomKeyStore', { CustomKeyStoreId: storeId }, here)
  assert.equal(answer.text, '{}')
  const entry = await settled(server, storeId, here)
  assert.equal(entry.ConnectionState, 'CONNECTED')
  assert.equal(entry.ConnectionErrorCode, undefined)
  assert.deepEqual(proxy.requests.at(-1)?.body['requestMetadata'], {
    kmsOperation: 'ConnectCustomKeyStore',
    kmsRequestId: answer.requestId,
  })
  const event = await eventOf(server, answer.requestId)
  assert.deepEqual(event.requestParameters, { customKeyStoreId: storeId })
  assert.equal(event.responseElements, null)
  assert.equal(event.additionalEventData?.['customKeyStoreName'], 'a store')
  assert.equal(event.resources, undefined)
  await succeed(server, 'ConnectCustomKeyStore', { CustomKeyStoreId: storeId }, here)
  assert.equal((await describeStore(server, storeId, here)).ConnectionState, 'CONNECTED')
})

test('a store that cannot be connected has FAILED and says why', async () => {
  const here = region()
  const storeId = await newStore(server, {}, here)
  const cases = [
    [() => refusal(401, 'AuthenticationFailedException'), 'INVALID_CREDENTIALS'],
    [() => refusal(403, 'AccessDeniedException'), 'XKS_PROXY_ACCESS_DENIED'],
    [() => refusal(404, 'InvalidUriPathException'), 'XKS_PROXY_INVALID_CONFIGURATION'],
    [() => refusal(503, 'DependencyTimeoutException'), 'XKS_PROXY_TIMED_OUT'],
    [() => ({ body: 'nonsense' }), 'XKS_PROXY_INVALID_RESPONSE'],
    [() => 'hang up' as const, 'XKS_PROXY_NOT_REACHABLE'],
  ] as const
  for (const [behaviour, code] of cases) {
    proxy.behave(behaviour)
    const entry = await connect(server, storeId, here)
    assert.equal(entry.ConnectionState, 'FAILED')
    assert.equal(entry.ConnectionErrorCode, code)
    const again = await call(server, 'ConnectCustomKeyStore', { CustomKeyStoreId: storeId }, here)
    assertError(again, 'CustomKeyStoreInvalidStateException', /is FAILED/)
    const update = { CustomKeyStoreId: storeId, NewCustomKeyStoreName: 'x' }
    assertError(
      await call(server, 'UpdateCustomKeyStore', update, here),
      'CustomKeyStoreInvalidStateException',
      /is FAILED/,
    )
    await succeed(server, 'DisconnectCustomKeyStore', { CustomKeyStoreId: storeId }, here)
    assert.equal((await describeStore(server, storeId, here)).ConnectionErrorCode, undefined)
  }
})

test('DisconnectCustomKeyStore works in every state but DISCONNECTED, also while connecting', async () => {
  const here = region()
  const storeId = await newStore(server, {}, here)
  const refused = await call(server, 'DisconnectCustomKeyStore', { CustomKeyStoreId: storeId }, here)
  assertError(refused, 'CustomKeyStoreInvalidStateException', /is DISCONNECTED/)
  await succeed(server, 'ConnectCustomKeyStore', { CustomKeyStoreId: storeId }, here)
  await succeed(server, 'DisconnectCustomKeyStore', { CustomKeyStoreId: storeId }, here)
  assert.equal((await describeStore(server, storeId, here)).ConnectionState, 'DISCONNECTED')
  assert.equal((await connect(server, storeId, here)).ConnectionState, 'CONNECTED')
})

test('UpdateCustomKeyStore changes name, path and credential while connected, and the endpoint only before', async () => {
  const here = region()
  const storeId = await newStore(server, {}, here)
  await connect(server, storeId, here)
  const credential = { ...CREDENTIAL, AccessKeyId: 'ZYXWVUTSRQPONMLKJIHGFEDC' }
  const change = {
    CustomKeyStoreId: storeId,
    NewCustomKeyStoreName: 'a new name',
    XksProxyUriPath: `/new${PROXY_PATH}`,
    XksProxyAuthenticationCredential: credential,
  }
  assert.equal((await call(server, 'UpdateCustomKeyStore', change, here)).text, '{}')
  const request = proxy.requests.at(-1)
  assert.equal(request?.path, `/new${PROXY_PATH}/health`)
  assert.match(String(request?.headers.authorization), /Credential=ZYXWVUTSRQPONMLKJIHGFEDC\//)
  const entry = await describeStore(server, storeId, here)
  assert.equal(entry['CustomKeyStoreName'], 'a new name')
  assert.equal(entry.ConnectionState, 'CONNECTED')
  const endpoint = { CustomKeyStoreId: storeId, XksProxyUriEndpoint: 'https://localhost' }
  const refused = await call(server, 'UpdateCustomKeyStore', endpoint, here)
  assertError(refused, 'CustomKeyStoreInvalidStateException', /is CONNECTED, and must be DISCONNECTED/)
  await succeed(server, 'DisconnectCustomKeyStore', { CustomKeyStoreId: storeId }, here)
  await succeed(server, 'UpdateCustomKeyStore', endpoint, here)
})

test('UpdateCustomKeyStore changes nothing when the proxy refuses the new settings', async () => {
  const here = region()
  const storeId = await newStore(server, {}, here)
  proxy.behave(() => refusal(401, 'AuthenticationFailedException'))
  const change = {
    CustomKeyStoreId: storeId,
    NewCustomKeyStoreName: 'b',
    XksProxyAuthenticationCredential: CREDENTIAL,
  }
  const refused = await call(server, 'UpdateCustomKeyStore', change, here)
  assertError(refused, 'XksProxyIncorrectAuthenticationCredentialException', /could not authenticate/)
  assert.equal((await describeStore(server, storeId, here))['CustomKeyStoreName'], 'a store')
})

test("UpdateCustomKeyStore refuses another store's name and proxy, nothing to change, and what is not external", async () => {
  const here = region()
  await newStore(server, {}, here)
  const other = { CustomKeyStoreName: 'b', XksProxyUriPath: `/b${PROXY_PATH}` }
  const storeId = await newStore(server, other, here)
  const service = 'com.amazonaws.vpce.eu-west-1.vpce-svc-0123456789abcdef0'
  const vpc = { XksProxyConnectivity: 'VPC_ENDPOINT_SERVICE', XksProxyVpcEndpointServiceName: service }
  const cases = [
    [{ NewCustomKeyStoreName: 'a store' }, 'CustomKeyStoreNameInUseException', /a store/],
    [{ XksProxyUriPath: PROXY_PATH }, 'XksProxyUriInUseException', /already used/],
    [{}, 'ValidationException', /At least one/],
    [{ CloudHsmClusterId: 'cluster-abcdefghijk' }, 'ValidationException', /CloudHsmClusterId is not valid/],
    [{ KeyStorePassword: 'a password' }, 'ValidationException', /KeyStorePassword is not valid/],
    [{ XksProxyConnectivity: 'VPC_ENDPOINT_SERVICE' }, 'ValidationException', /must be given together/],
    [vpc, 'XksProxyVpcEndpointServiceNotFoundException', /vpce-svc/],
  ] as const
  for (const [change, code, message] of cases) {
    const answer = await call(server, 'UpdateCustomKeyStore', { CustomKeyStoreId: storeId, ...change }, here)
    assertError(answer, code, message)
  }
})

test('DeleteCustomKeyStore forgets a store that is disconnected, and its name is free again', async () => {
  const here = region()
  const storeId = await newStore(server, {}, here)
  await connect(server, storeId, here)
  const refused = await call(server, 'DeleteCustomKeyStore', { CustomKeyStoreId: storeId }, here)
  assertError(refused, 'CustomKeyStoreInvalidStateException', /is CONNECTED, and must be DISCONNECTED/)
  await succeed(server, 'DisconnectCustomKeyStore', { CustomKeyStoreId: storeId }, here)
  const calls = proxy.requests.length
  assert.equal((await call(server, 'DeleteCustomKeyStore', { CustomKeyStoreId: storeId }, here)).text, '{}')
  assert.equal(proxy.requests.length, calls)
  const gone = await call(server, 'DescribeCustomKeyStores', { CustomKeyStoreId: storeId }, here)
  assertError(gone, 'CustomKeyStoreNotFoundException', /cks-/)
  await newStore(server, {}, here)
})

test('DescribeCustomKeyStores finds one by id or by name, and refuses both together', async () => {
  const here = region()
  const storeId = await newStore(server, {}, here)
  const byName = await succeed(server, 'DescribeCustomKeyStores', { CustomKeyStoreName: 'a store' }, here)
  assert.equal((byName['CustomKeyStores'] as StoreEntry[])[0]?.CustomKeyStoreId, storeId)
  assert.equal(byName['Truncated'], false)
  const unknown = await call(server, 'DescribeCustomKeyStores', { CustomKeyStoreName: 'b' }, here)
  assertError(unknown, 'CustomKeyStoreNotFoundException', /with the name b/)
  const both = { CustomKeyStoreName: 'a store', CustomKeyStoreId: storeId }
  assertError(
    await call(server, 'DescribeCustomKeyStores', both, here),
    'ValidationException',
    /cannot be given together/,
  )
  const marker = await call(server, 'DescribeCustomKeyStores', { Marker: 'x' }, here)
  assertError(marker, 'InvalidMarkerException', undefined)
})

test('GenerateRandom knows no store, and no external key store makes random bytes', async () => {
  const here = region()
  const unknown = { NumberOfBytes: 1, CustomKeyStoreId: 'cks-0123456789abcdef0' }
  assertError(
    await call(server, 'GenerateRandom', unknown, here),
    'CustomKeyStoreNotFoundException',
    /cks-0123456789abcdef0/,
  )
  const external = { NumberOfBytes: 1, CustomKeyStoreId: await newStore(server, {}, here) }
  assertError(
    await call(server, 'GenerateRandom', external, here),
    'UnsupportedOperationException',
    undefined,
  )
})

test('a store that was to be connected when the server was killed is connected after the next start', async () => {
  const here = region()
  const environment = proxySettings(certificate, proxy.port)
  await using first = await startServer({ environment })
  const storeId = await newStore(first, {}, here)
  proxy.behave(() => 'silence')
  await succeed(first, 'ConnectCustomKeyStore', { CustomKeyStoreId: storeId }, here)
  await first.kill()
  proxy.behave(() => undefined)
  await using second = await startServer({ data: first.data, environment })
  assert.equal((await settled(second, storeId, here)).ConnectionState, 'CONNECTED')
})
