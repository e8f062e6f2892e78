import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePkcs11File } from './pkcs11-file.ts'

const TOKEN = { name: 'hsm', module: '/lib/hsm.so', label: 'production', pinFile: '/etc/pin' }
const CLUSTER = { id: 'cluster-abcdefghijk', account: '111122223333' }

const parse = (...tokens: readonly object[]) => parsePkcs11File(JSON.stringify({ tokens }))

test('a file of tokens is parsed, with and without clusters', () => {
  const cluster = { ...CLUSTER, trustAnchorFile: '/etc/ca.pem' }
  const other = { ...TOKEN, name: 'b', label: undefined, serial: '0123', environment: { CONF: 'x' }, cluster }
  const [first, second] = parse(TOKEN, other)
  assert.deepEqual(first, { ...TOKEN, serial: undefined, environment: {}, cluster: undefined })
  assert.deepEqual(second, other)
})

test('what a token needs is asked for', () => {
  const wrong: readonly (readonly [RegExp, object])[] = [
    [/tokens\[0\]: expected the label or the serial/, { ...TOKEN, label: undefined }],
    [/tokens\[0\]\.name: expected/, { ...TOKEN, name: 'HSM' }],
    [/tokens\[0\]\.module: expected an absolute path/, { ...TOKEN, module: 'hsm.so' }],
    [/tokens\[0\]\.pinFile: expected an absolute path/, { ...TOKEN, pinFile: 'pin' }],
    [/tokens\[0\]\.label: expected/, { ...TOKEN, label: 'x'.repeat(33) }],
    [/tokens\[0\]\.serial: expected/, { ...TOKEN, serial: 'x'.repeat(17) }],
    [/tokens\[0\]: unknown member 'pin'/, { ...TOKEN, pin: '1234' }],
    [/cluster\.id: expected/, { ...TOKEN, cluster: { ...CLUSTER, id: 'cluster-1' } }],
    [/cluster\.account: expected/, { ...TOKEN, cluster: { ...CLUSTER, account: '1' } }],
    [/cluster\.trustAnchorFile: expected/, { ...TOKEN, cluster: { ...CLUSTER, trustAnchorFile: 'a' } }],
    [/environment\.A: expected a text/, { ...TOKEN, environment: { A: 1 } }],
  ]
  for (const [message, token] of wrong) assert.throws(() => parse(token), message)
  assert.throws(() => parse(TOKEN, TOKEN), /two tokens have the same name/)
  const twice = { ...TOKEN, cluster: CLUSTER }
  assert.throws(() => parse(twice, { ...twice, name: 'b' }), /two tokens have the same cluster id/)
  assert.throws(() => parse(), /tokens: expected a list of 1 to 32/)
})

test('no variable makes the process of a token load other code', () => {
  for (const name of ['NODE_OPTIONS', 'LD_PRELOAD', 'DYLD_INSERT_LIBRARIES', 'PATH', 'A=B', '']) {
    assert.throws(
      () => parse({ ...TOKEN, environment: { [name]: 'x' } }),
      /expected a variable of the module/,
    )
  }
})
