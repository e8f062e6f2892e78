import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '../base/log.ts'
import { systemRandom, type Timers } from '../base/ports.ts'
import { type DataKey, type KeyFacts, type KmsPort, KmsRefusal } from './kms-port.ts'
import { CALL_LIMIT_MS, createPlugin, formatKeyId, type PluginDependencies, REFRESH_MS } from './plugin.ts'
import { encodeSeen, parseSeen, type SavedKeys } from './seen.ts'

const ARN = 'arn:aws:kms:eu-west-1:000000000000:key/0b0b0b0b-1111-4222-8333-444444444444'
const OLD = 'a'.repeat(64)
const NEW = 'b'.repeat(64)
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** A key that the test controls: what it answers, and how often each call was made. */
class Key implements KmsPort {
  calls: string[] = []
  facts: KeyFacts = { arn: ARN, materialId: OLD, state: 'Enabled' }
  /** What each call does before it answers. */
  before: (call: string) => Promise<void> | void = () => {}
  wrappedBytes = 100

  async describe(): Promise<KeyFacts> {
    await this.#call('describe')
    return this.facts
  }

  /** The ciphertext of a key is the key and some more. */
  async generate(): Promise<DataKey> {
    await this.#call('generate')
    const key = systemRandom.bytes(32)
    return {
      key,
      wrapped: Buffer.concat([key, Buffer.alloc(this.wrappedBytes - 32)]),
      materialId: this.facts.materialId,
    }
  }

  async decrypt(arn: string, wrapped: Uint8Array): Promise<Uint8Array> {
    await this.#call('decrypt')
    if (arn !== ARN) throw new KmsRefusal('IncorrectKeyException', 'IncorrectKeyException: another key')
    return wrapped.subarray(0, 32)
  }

  async #call(name: string): Promise<void> {
    this.calls.push(name)
    await this.before(name)
  }
}

type Given = Partial<Pick<PluginDependencies, 'saved' | 'offlineMs' | 'timers' | 'save'>>

function open({
  saved,
  offlineMs = DAY_MS,
  timers = { after: () => ({ cancel: () => {} }) },
  save,
}: Given = {}) {
  const key = new Key()
  const time = { now: 0 }
  const files: SavedKeys[] = []
  const plugin = createPlugin({
    kms: key,
    clock: { now: () => time.now, monotonicMs: () => time.now },
    timers,
    random: systemRandom,
    log: silentLog,
    offlineMs,
    saved,
    save: save ?? (async (file) => void files.push(parseSeen(encodeSeen(file)))),
  })
  const seal = () => plugin.encrypt({ plaintext: Buffer.from('seed'), uid: 'u' })
  return { key, time, files, plugin, seal }
}

function away(): never {
  throw new Error('no answer')
}

function refuse(code: string): () => never {
  return () => {
    throw new KmsRefusal(code, `${code}: why`)
  }
}

test('Status tries the permissions once, and then costs a call in ten minutes', async () => {
  const { key, time, plugin } = open()
  const expected = { version: 'v2', healthz: 'ok', keyId: `${ARN}#${OLD}` }
  assert.deepEqual(await plugin.status(), expected)
  assert.deepEqual(key.calls, ['describe', 'generate', 'decrypt'])
  for (let minute = 1; minute < 10; minute += 1) {
    time.now = minute * MINUTE_MS
    await plugin.status()
  }
  assert.equal(key.calls.length, 3)
  time.now = REFRESH_MS
  assert.deepEqual(await plugin.status(), expected)
  assert.deepEqual(key.calls.slice(3), ['describe'])
})

test('Status shows the key ID after a rotation, and Encrypt answers the same one', async () => {
  const { key, time, plugin, seal } = open()
  assert.equal((await seal()).keyId, `${ARN}#${OLD}`)
  key.facts = { ...key.facts, materialId: NEW }
  time.now = REFRESH_MS + 1
  assert.equal((await plugin.status()).keyId, `${ARN}#${NEW}`)
  assert.equal((await seal()).keyId, `${ARN}#${NEW}`)
})

test('Encrypt notices a rotation before Status asks, and Status then answers the same key ID', async () => {
  const { key, plugin, seal } = open()
  await plugin.status()
  key.facts = { ...key.facts, materialId: NEW }
  assert.equal((await seal()).keyId, `${ARN}#${NEW}`)
  assert.equal((await plugin.status()).keyId, `${ARN}#${NEW}`)
})

test('a key ID without key material is the key ARN', () => {
  assert.equal(formatKeyId({ arn: ARN, materialId: undefined }), ARN)
})

test('Decrypt takes the key ID of any key material of the key', async () => {
  const { plugin, seal } = open()
  const { ciphertext } = await seal()
  for (const keyId of [ARN, `${ARN}#${OLD}`, `${ARN}#${NEW}`]) {
    const { plaintext } = await plugin.decrypt({ ciphertext, keyId, uid: 'u' })
    assert.equal(Buffer.from(plaintext).toString(), 'seed')
  }
})

test('calls beyond the limits of the API are refused before KMS is asked', async () => {
  const { key, plugin, seal } = open()
  await seal()
  key.calls = []
  const refused = { kind: 'INVALID_ARGUMENT' }
  await assert.rejects(plugin.encrypt({ plaintext: Buffer.alloc(0), uid: '' }), refused)
  await assert.rejects(plugin.encrypt({ plaintext: Buffer.alloc(513), uid: '' }), refused)
  for (const sizeBytes of [0, 1025])
    await assert.rejects(
      plugin.decrypt({ ciphertext: Buffer.alloc(sizeBytes), keyId: ARN, uid: '' }),
      refused,
    )
  for (const keyId of ['', '1', `${ARN}#`, `${ARN}#zz`, ARN.replace('key/', 'alias/'), `${ARN}#${OLD}x`])
    await assert.rejects(plugin.decrypt({ ciphertext: Buffer.of(1), keyId, uid: '' }), refused)
  assert.deepEqual(key.calls, [])
  const most = await plugin.encrypt({ plaintext: Buffer.alloc(512), uid: '' })
  assert.equal((await plugin.decrypt({ ...most, uid: '' })).plaintext.length, 512)
  key.wrappedBytes = 1024 - 3 - 12 - 16 - 4
  const { ciphertext } = await seal()
  assert.equal(ciphertext.length, 1024)
  key.wrappedBytes += 1
  await assert.rejects(seal(), { kind: 'INTERNAL' })
})

test('a ciphertext that was changed anywhere is refused', async () => {
  const { plugin, seal } = open()
  const { ciphertext, keyId } = await seal()
  for (let at = 0; at < ciphertext.length; at += 1) {
    const changed = Uint8Array.from(ciphertext)
    changed[at] = (changed[at] ?? 0) ^ 1
    await assert.rejects(plugin.decrypt({ ciphertext: changed, keyId, uid: '' }), {
      kind: 'INVALID_ARGUMENT',
    })
    const cut = plugin.decrypt({ ciphertext: ciphertext.subarray(0, at), keyId, uid: '' })
    await assert.rejects(cut, { kind: 'INVALID_ARGUMENT' })
  }
})

test('while KMS is away, seeds are encrypted and decrypted under wrapping keys that were seen', async () => {
  const { key, time, plugin, seal } = open()
  const { ciphertext, keyId } = await seal()
  key.before = away
  const later = await seal()
  assert.equal(later.keyId, keyId)
  assert.deepEqual(await plugin.status(), { version: 'v2', healthz: 'ok', keyId })
  for (const sealed of [ciphertext, later.ciphertext]) {
    const { plaintext } = await plugin.decrypt({ ciphertext: sealed, keyId, uid: 'u' })
    assert.equal(Buffer.from(plaintext).toString(), 'seed')
  }
  const never = (await open().seal()).ciphertext
  await assert.rejects(plugin.decrypt({ ciphertext: never, keyId, uid: 'u' }), { kind: 'UNAVAILABLE' })
  time.now = DAY_MS
  await plugin.decrypt({ ciphertext, keyId, uid: 'u' })
  time.now = DAY_MS + 1
  await assert.rejects(plugin.decrypt({ ciphertext, keyId, uid: 'u' }), { kind: 'UNAVAILABLE' })
  await assert.rejects(seal(), { kind: 'UNAVAILABLE', message: 'no answer' })
  assert.equal((await plugin.status()).healthz, 'no answer')
  key.before = () => {}
  assert.equal(Buffer.from((await plugin.decrypt({ ...later, uid: 'u' })).plaintext).toString(), 'seed')
})

test('a new process finds what an earlier one saved, while KMS is away', async () => {
  const first = open()
  const { ciphertext, keyId } = await first.seal()
  const second = open({ saved: first.files.at(-1) })
  second.key.before = away
  assert.deepEqual(await second.plugin.status(), { version: 'v2', healthz: 'ok', keyId })
  const { plaintext } = await second.plugin.decrypt({ ciphertext, keyId, uid: 'u' })
  assert.equal(Buffer.from(plaintext).toString(), 'seed')
  assert.equal((await second.seal()).keyId, keyId)
  const third = open()
  third.key.before = away
  await assert.rejects(third.plugin.status(), { kind: 'UNAVAILABLE' })
})

test('nothing is kept when it may not be used', async () => {
  const { key, files, plugin, seal } = open({ offlineMs: 0 })
  const { ciphertext, keyId } = await seal()
  key.before = away
  await assert.rejects(plugin.decrypt({ ciphertext, keyId, uid: 'u' }), { kind: 'UNAVAILABLE' })
  assert.deepEqual(files, [])
})

test('a refusal of KMS is final: what was seen of the key is forgotten, also on disk', async () => {
  for (const [code, kind] of [
    ['AccessDeniedException', 'PERMISSION_DENIED'],
    ['DisabledException', 'FAILED_PRECONDITION'],
    ['KMSInvalidStateException', 'FAILED_PRECONDITION'],
    ['NotFoundException', 'FAILED_PRECONDITION'],
  ] as const) {
    const { key, files, plugin, seal } = open()
    const { ciphertext, keyId } = await seal()
    assert.ok((files.at(-1)?.keys.length ?? 0) > 0)
    key.before = refuse(code)
    await assert.rejects(plugin.decrypt({ ciphertext, keyId, uid: 'u' }), { kind })
    assert.equal(files.at(-1)?.keys.length, 0)
    assert.equal((await plugin.status()).healthz, `${code}: why`)
    key.before = away
    await assert.rejects(plugin.decrypt({ ciphertext, keyId, uid: 'u' }), { kind: 'UNAVAILABLE' })
  }
})

test('a refusal of DescribeKey is final for what an earlier process saved', async () => {
  const first = open()
  const { ciphertext, keyId } = await first.seal()
  const { key, files, plugin } = open({ saved: first.files.at(-1) })
  key.before = refuse('NotFoundException')
  assert.equal((await plugin.status()).healthz, 'NotFoundException: why')
  assert.equal(files.at(-1)?.keys.length, 0)
  key.before = away
  await assert.rejects(plugin.decrypt({ ciphertext, keyId, uid: 'u' }), { kind: 'UNAVAILABLE' })
})

test('one save at a time: what is forgotten does not come back by an older save', async () => {
  let running = 0
  const saved: SavedKeys[] = []
  const save = async (file: SavedKeys): Promise<void> => {
    running += 1
    assert.equal(running, 1)
    await new Promise((resolve) => setImmediate(resolve))
    saved.push(file)
    running -= 1
  }
  const { key, plugin, seal } = open({ save })
  const [{ ciphertext, keyId }] = await Promise.all([seal(), seal(), seal()])
  const sealing = seal()
  key.before = (call) => (call === 'decrypt' ? refuse('DisabledException')() : undefined)
  const refused = plugin.decrypt({ ciphertext, keyId, uid: 'u' })
  await Promise.allSettled([sealing, refused])
  await assert.rejects(refused, { kind: 'FAILED_PRECONDITION' })
  assert.equal(running, 0)
  assert.equal(saved.at(-1)?.keys.length, 0)
})

test('a key that Status finds disabled is forgotten too', async () => {
  const { key, time, files, plugin, seal } = open()
  await seal()
  key.facts = { ...key.facts, state: 'PendingDeletion' }
  time.now = REFRESH_MS + 1
  assert.equal((await plugin.status()).healthz, 'the key is not enabled: PendingDeletion')
  assert.equal(files.at(-1)?.keys.length, 0)
})

test('Status is not ok until both calls work again, although DescribeKey does', async () => {
  const { key, time, plugin, seal } = open()
  await seal()
  const refused = refuse('AccessDeniedException')
  key.before = (call) => (call === 'describe' ? undefined : refused())
  await assert.rejects(seal(), { kind: 'PERMISSION_DENIED' })
  assert.equal((await plugin.status()).healthz, 'AccessDeniedException: why')
  time.now += 10_000
  assert.equal((await plugin.status()).healthz, 'AccessDeniedException: why')
  key.before = () => {}
  time.now += 10_000
  assert.equal((await plugin.status()).healthz, 'ok')
})

test('a ciphertext that does not decrypt says nothing about the key', async () => {
  const { key, plugin, seal } = open()
  const { ciphertext, keyId } = await seal()
  key.before = (call) => (call === 'decrypt' ? refuse('InvalidCiphertextException')() : undefined)
  await assert.rejects(plugin.decrypt({ ciphertext, keyId, uid: 'u' }), { kind: 'INVALID_ARGUMENT' })
  assert.equal((await plugin.status()).healthz, 'ok')
})

test('a call of KMS without an answer ends before the API server gives up', async () => {
  const waiting: (() => void)[] = []
  const timers: Timers = {
    after: (delayMs, task) => {
      assert.equal(delayMs, CALL_LIMIT_MS)
      waiting.push(task)
      return { cancel: () => {} }
    },
  }
  const { key, plugin } = open({ timers })
  key.before = () => new Promise(() => {})
  const status = plugin.status()
  waiting.at(-1)?.()
  await assert.rejects(status, { kind: 'UNAVAILABLE', message: 'no answer within 2500 ms' })
})
