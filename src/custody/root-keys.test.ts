import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import { DeploymentKeys } from './deployment-keys.ts'
import {
  disposeRootKeys,
  encodeRootKeys,
  firstRootKeys,
  lastingKeysOf,
  parseRootKeys,
  ROOT_KEYS_MAX_BYTES,
  type RootKeys,
  tokenKeysOf,
} from './root-keys.ts'
import { tokenSealer } from './token-sealer.ts'

function secret(byte: number): Secret {
  return new Secret(new Uint8Array(32).fill(byte))
}

function rotated(): RootKeys {
  const lasting = lastingKeysOf(firstRootKeys(secret(1)))
  return {
    roots: [secret(2), secret(1)],
    lasting,
    retired: [{ until: 1_800_000_000_000, keys: tokenKeysOf(secret(1)) }],
  }
}

const bytesOf = (one: Secret): string => one.reveal((bytes) => Buffer.from(bytes).toString('hex'))

test('root keys are the same after they were encoded', () => {
  for (const keys of [firstRootKeys(secret(7)), rotated()]) {
    const encoded = encodeRootKeys(keys)
    assert.ok(encoded.length <= ROOT_KEYS_MAX_BYTES)
    const parsed = parseRootKeys(encoded)
    assert.ok(parsed)
    encoded.fill(0)
    assert.deepEqual(parsed.roots.map(bytesOf), keys.roots.map(bytesOf))
    assert.deepEqual(parsed.lasting?.map(bytesOf), keys.lasting?.map(bytesOf))
    assert.deepEqual(
      parsed.retired.map((one) => [one.until, one.keys.map(bytesOf)]),
      keys.retired.map((one) => [one.until, one.keys.map(bytesOf)]),
    )
  }
})

test('bytes of another form are no root keys', () => {
  const encoded = encodeRootKeys(rotated())
  assert.equal(parseRootKeys(encoded.subarray(1)), undefined)
  assert.equal(parseRootKeys(encoded.subarray(0, -1)), undefined)
  assert.equal(parseRootKeys(new Uint8Array(0)), undefined)
  for (const [at, value] of [
    [0, 2],
    [1, 0],
    [1, 3],
    [2, 2],
    [3, 17],
  ] as const) {
    const changed = Uint8Array.from(encoded)
    changed[at] = value
    assert.equal(parseRootKeys(changed), undefined, `byte ${at}`)
  }
})

test('tokens from before a rotation open until their keys have expired, and new ones are sealed by the new key', () => {
  const time = { now: 0 }
  const keys = new DeploymentKeys(firstRootKeys(secret(1)), { now: () => time.now })
  const sealer = tokenSealer(keys, systemRandom)
  const text = (token: string): string | undefined => {
    const opened = sealer.unseal(token)
    return opened && Buffer.from(opened).toString()
  }
  const before = sealer.seal(Buffer.from('before'))
  keys.use({
    roots: [secret(2)],
    lasting: undefined,
    retired: [{ until: 1000, keys: tokenKeysOf(secret(1)) }],
  })
  const after = sealer.seal(Buffer.from('after'))
  time.now = 999
  assert.deepEqual([text(before), text(after)], ['before', 'after'])
  time.now = 1000
  assert.deepEqual([text(before), text(after)], [undefined, 'after'])
  keys.use({ roots: [secret(2)], lasting: undefined, retired: [] })
  assert.deepEqual([text(before), text(after)], [undefined, 'after'])
})

test('what root keys were made of can be cleared', () => {
  const keys = rotated()
  disposeRootKeys(keys)
  assert.throws(() => encodeRootKeys(keys), /disposed/)
})
