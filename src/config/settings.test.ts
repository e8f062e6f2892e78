import assert from 'node:assert/strict'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ConfigError } from './setting.ts'
import { configFlags, parseConfig, SETTING_FACTS } from './settings.ts'

function parse(environment: Record<string, string>, flags: Record<string, string> = {}) {
  return parseConfig({ environment, flags })
}

function refusal(environment: Record<string, string>, flags: Record<string, string> = {}): string {
  try {
    parse(environment, flags)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  throw new Error('nothing was refused')
}

test('parseConfig gives the documented defaults', () => {
  assert.deepEqual(parse({}), {
    data: './data',
    store: { engine: 'embedded', passwordFile: undefined },
    listen: { host: '127.0.0.1', port: 7600 },
    account: '000000000000',
    region: 'us-east-1',
    workers: 1,
    tls: undefined,
    attestationRootFile: undefined,
    seal: {
      first: 'file',
      credentialsFolder: undefined,
      command: undefined,
      kmsCredentialsFile: undefined,
      rootKeyAgeMs: undefined,
      aws: {
        accessKeyId: undefined,
        secretAccessKey: undefined,
        sessionToken: undefined,
        profile: undefined,
        credentialsFile: join(homedir(), '.aws', 'credentials'),
      },
    },
    bounds: {
      connections: { all: 10_000, address: 4_000 },
      requests: { all: 4_000, address: 2_000 },
      receiving: { all: 67_108_864, address: 16_777_216 },
      unread: { all: 268_435_456, address: 134_217_728 },
      calls: { account: 3_000, principal: 1_500 },
    },
    backup: {
      folder: undefined,
      keep: undefined,
      everyMs: undefined,
      rehearseMs: 604_800_000,
      witness: undefined,
    },
    archive: { ageMs: undefined, sizeBytes: undefined },
    trails: { to: undefined, credentialsFile: undefined },
    insights: { sensitivity: 'normal', learningDays: 7 },
    prices: undefined,
    events: { webhooksFile: undefined, recentUseDays: 30 },
    oidcKeysFile: undefined,
    console: 'link',
    consoleSignInFile: undefined,
    sm2Regions: ['cn-north-1', 'cn-northwest-1'],
    monitoring: { listen: undefined, collector: undefined, traceShare: 0.01 },
    xks: { caFile: undefined, routes: new Map(), timeoutMs: 250 },
    pkcs11: { file: undefined, timeoutMs: 10_000 },
    xksProxy: { listen: { host: '127.0.0.1', port: 7643 }, prefix: '' },
    s3: { listen: { host: '127.0.0.1', port: 7690 }, folder: 'data/s3', domain: undefined },
    lambda: {
      listen: { host: '127.0.0.1', port: 7691 },
      folder: 'data/lambda',
      python: undefined,
      environments: 20,
    },
    texts: new Map(),
  })
})

test('a flag wins over the environment', () => {
  assert.equal(
    parse({ HOLDFAST_ACCOUNT: '111122223333' }, { account: '444455556666' }).account,
    '444455556666',
  )
})

test('an unknown setting is refused by name', () => {
  assert.match(refusal({ HOLDFAST_PORT: '1' }), /^unknown setting HOLDFAST_PORT\. See holdfast serve --help$/)
})

for (const [name, value] of [
  ['HOLDFAST_ACCOUNT', '12345678901'],
  ['HOLDFAST_ACCOUNT', '1234567890123'],
  ['HOLDFAST_ATTESTATION_ROOT', ''],
  ['HOLDFAST_DATA', ''],
  ['HOLDFAST_LISTEN', '7600'],
  ['HOLDFAST_LISTEN', '127.0.0.1:65536'],
  ['HOLDFAST_LISTEN', '::1:7600'],
  ['HOLDFAST_REGION', 'nowhere'],
  ['HOLDFAST_SEAL', 'vault'],
  ['HOLDFAST_WORKERS', '0'],
  ['HOLDFAST_WORKERS', '257'],
  ['HOLDFAST_WORKERS', '1.5'],
] as const) {
  test(`${name}=${value} is refused with the name, what is expected and the value`, () => {
    const message = refusal({ [name]: value })
    assert.ok(message.startsWith(`${name}: expected `), message)
    assert.ok(message.endsWith(`; got '${value}'`), message)
  })
}

test('a bad flag is named as the flag that it is', () => {
  assert.match(
    refusal({}, { workers: 'many' }),
    /^--workers: expected a whole number from 1 to 256, or auto; got 'many'$/,
  )
})

test('an address that others can reach needs TLS', () => {
  for (const listen of ['0.0.0.0:7600', '[::]:7600', '192.0.2.1:7600', 'kms.example.com:443']) {
    assert.match(
      refusal({ HOLDFAST_LISTEN: listen }),
      /: expected a loopback address, because there is no TLS; got '.*'\. Set HOLDFAST_TLS_CERT/,
    )
    const tls = { HOLDFAST_TLS_CERT: 'cert.pem', HOLDFAST_TLS_KEY: 'key.pem' }
    assert.ok(parse({ ...tls, HOLDFAST_LISTEN: listen }).tls)
  }
})

test('loopback addresses need no TLS', () => {
  for (const listen of ['127.0.0.1:0', '127.8.9.1:7600', '[::1]:7600', 'localhost:7600']) {
    assert.equal(parse({ HOLDFAST_LISTEN: listen }).tls, undefined)
  }
})

test('a certificate without its key is refused', () => {
  assert.match(refusal({ HOLDFAST_TLS_CERT: 'cert.pem' }), /set both or neither$/)
})

test('auto is at least one worker', () => {
  assert.ok(parse({ HOLDFAST_WORKERS: 'auto' }).workers >= 1)
})

test('configFlags gives the same configuration again, for one worker', () => {
  const environment = {
    HOLDFAST_ACCOUNT: '111122223333',
    HOLDFAST_ATTESTATION_ROOT: 'root=1.pem',
    HOLDFAST_LISTEN: '[::1]:8443',
    HOLDFAST_TLS_CERT: 'a b.pem',
    HOLDFAST_TLS_KEY: 'key.pem',
    HOLDFAST_WORKERS: '4',
  }
  const config = parse(environment)
  const flags = Object.fromEntries(
    configFlags(config).map((flag) => {
      const at = flag.indexOf('=')
      return [flag.slice(2, at), flag.slice(at + 1)]
    }),
  )
  assert.deepEqual(parse({}, flags), { ...config, texts: new Map(Object.entries(flags)) })
})

test('every setting is described with its flag and its variable', () => {
  for (const name of [
    'DATA',
    'LISTEN',
    'ACCOUNT',
    'REGION',
    'WORKERS',
    'TLS_CERT',
    'TLS_KEY',
    'ATTESTATION_ROOT',
    'SEAL',
  ]) {
    const flag = name.toLowerCase().replace('_', '-')
    assert.ok(SETTING_FACTS.some((facts) => facts.flag === flag && facts.variable === `HOLDFAST_${name}`))
  }
})

test('the share of calls that are traced is a number from 0 to 1', () => {
  for (const [text, share] of [
    ['0', 0],
    ['1', 1],
    ['0.25', 0.25],
    ['.5', 0.5],
    ['1.0', 1],
  ] as const) {
    assert.equal(parse({ HOLDFAST_TRACE_SHARE: text }).monitoring.traceShare, share)
  }
  for (const text of ['', '1.01', '2', '-0.1', '1e-3', 'NaN', '0.1.1']) {
    assert.match(refusal({ HOLDFAST_TRACE_SHARE: text }), /: expected a number from 0 to 1/)
  }
})

test('a collector is a URL that paths are added to', () => {
  for (const [text, url] of [
    ['http://127.0.0.1:4318', 'http://127.0.0.1:4318/'],
    ['https://collector.example/otlp', 'https://collector.example/otlp/'],
    ['https://collector.example/otlp/', 'https://collector.example/otlp/'],
  ] as const) {
    assert.equal(parse({ HOLDFAST_OTLP: text }).monitoring.collector, url)
  }
  for (const text of [
    '',
    '127.0.0.1:4318',
    'ftp://a',
    'http://',
    'http://u:p@a',
    'http://a?b',
    'http://a#b',
  ]) {
    assert.match(refusal({ HOLDFAST_OTLP: text }), /: expected http\(s\):/)
  }
})

test('a message on an invalid setting shows no password or token of a URL', () => {
  for (const { variable } of SETTING_FACTS) {
    for (const text of [
      'https://user:secret@host.example:4318',
      'https://user:se/cret@host.example',
      'user:secret@host.example:4318',
      'https://host.example/?token=secret',
    ]) {
      let message = ''
      try {
        parse({ [variable]: text })
      } catch (error) {
        message = String(error)
      }
      assert.doesNotMatch(message, /secret|se\/cret/, variable)
    }
  }
  assert.match(
    refusal({ HOLDFAST_OTLP: 'https://user:secret@host.example' }),
    /got 'https:\/\/\*\*\*@host\.example'$/,
  )
})
