import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from './setting.ts'
import { type Config, configFlags, parseConfig } from './settings.ts'

function parse(environment: Record<string, string>, flags: Record<string, string> = {}): Config {
  return parseConfig({ environment, flags })
}

test('routes lead endpoints of any case to an address and a port', () => {
  const { routes } = parse({ HOLDFAST_XKS_ROUTES: 'XKS.example=10.0.0.7:7643,localhost=[::1]:443' }).xks
  assert.deepEqual(
    [...routes],
    [
      ['xks.example', { host: '10.0.0.7', port: 7643 }],
      ['localhost', { host: '::1', port: 443 }],
    ],
  )
})

for (const [variable, wrong] of [
  ['HOLDFAST_XKS_ROUTES', ['', 'xks.example', 'xks.example=', '=10.0.0.7:1', 'a=b:0', 'a/b=c:1', 'a=b:1,']],
  ['HOLDFAST_XKS_TIMEOUT', ['', '49', '10001', '250ms', '-1', '1e3']],
  ['HOLDFAST_XKS_PREFIX', ['', '/', 'team', '/team/', '/a//b', '/a.b', `/${'a'.repeat(117)}`]],
  ['HOLDFAST_XKS_CA', ['']],
  ['HOLDFAST_XKS_LISTEN', ['7643', 'host']],
] as const) {
  test(`${variable} refuses what is not right`, () => {
    for (const value of wrong) {
      assert.throws(
        () => parse({ [variable]: value }),
        (error) => error instanceof ConfigError && error.message.startsWith(`${variable}: expected `),
        value,
      )
    }
  })
}

test('the limits of the timeout and of the prefix are taken', () => {
  assert.equal(parse({ HOLDFAST_XKS_TIMEOUT: '50' }).xks.timeoutMs, 50)
  assert.equal(parse({ HOLDFAST_XKS_TIMEOUT: '10000' }).xks.timeoutMs, 10_000)
  const prefix = `/${'a'.repeat(116)}`
  assert.equal(parse({ HOLDFAST_XKS_PREFIX: prefix }).xksProxy.prefix, prefix)
  assert.equal(`${prefix}/kms/xks/v1`.length, 128)
})

test('an address of the proxy that others can reach needs TLS', () => {
  const open = { HOLDFAST_XKS_LISTEN: '0.0.0.0:7643' }
  assert.throws(
    () => parse(open),
    /HOLDFAST_XKS_LISTEN: expected a loopback address, .*; got '0\.0\.0\.0:7643'/,
  )
  assert.ok(parse({ ...open, HOLDFAST_TLS_CERT: 'cert.pem', HOLDFAST_TLS_KEY: 'key.pem' }))
})

test('configFlags gives the same settings of external key stores again', () => {
  const config = parse({
    HOLDFAST_XKS_CA: 'ca.pem',
    HOLDFAST_XKS_ROUTES: 'xks.example=10.0.0.7:7643,b.example=[::1]:443',
    HOLDFAST_XKS_TIMEOUT: '1000',
    HOLDFAST_XKS_LISTEN: '127.0.0.1:9000',
    HOLDFAST_XKS_PREFIX: '/team/a',
  })
  const flags = Object.fromEntries(
    configFlags(config).map((flag) => {
      const at = flag.indexOf('=')
      return [flag.slice(2, at), flag.slice(at + 1)]
    }),
  )
  assert.deepEqual(parse({}, flags), { ...config, texts: new Map(Object.entries(flags)) })
})
