import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { systemClock, systemRandom, systemTimers } from '../../base/ports.ts'
import { Secret } from '../../base/secret.ts'
import {
  addPath,
  type ChangeDependencies,
  newEnvelope,
  notePathProved,
  orderPaths,
  removePath,
} from './change.ts'
import { commandMethod } from './command.ts'
import { credentialMethod } from './credential.ts'
import { type Envelope, openRoot } from './envelope.ts'
import { fileMethod } from './file.ts'
import { passphraseMethod } from './passphrase.ts'
import type { PathMethod } from './path-method.ts'
import { openPath, tryUnattended } from './unlock.ts'

const folder = await mkdtemp(join(tmpdir(), 'holdfast-paths-'))
after(() => rm(folder, { recursive: true }))

const root = new Secret(new Uint8Array(32).fill(7))
const hexOf = (key: Secret): string => key.reveal((bytes) => Buffer.from(bytes).toString('hex'))
const context = { deployment: 'd', id: 'i', name: 'n', signal: new AbortController().signal }

let typed = 'correct horse battery staple'

function dependenciesWith(more: readonly (readonly [string, PathMethod])[] = []): ChangeDependencies {
  const credentials = { folder, data: join(folder, 'data') }
  return {
    methods: new Map<string, PathMethod>([
      ['file', fileMethod(join(folder, 'root.key'), systemRandom)],
      ['credential', credentialMethod(credentials)],
      [
        'passphrase',
        passphraseMethod(async () => new Secret(Uint8Array.from(Buffer.from(typed))), systemRandom),
      ],
      ...more,
    ]),
    timers: systemTimers,
    monotonicMs: () => systemClock.monotonicMs(),
    clock: systemClock,
    random: systemRandom,
  }
}

await writeFile(join(folder, 'data'), '')
await writeFile(join(folder, 'one'), `${'a'.repeat(44)}\n`)
await writeFile(join(folder, 'two'), 'b'.repeat(32))

async function withPaths(...names: readonly string[]): Promise<Envelope> {
  let envelope = newEnvelope(root, systemRandom)
  for (const name of names)
    envelope = await addPath(dependenciesWith(), envelope, root, {
      name,
      type: 'credential',
      given: { credential: name },
    })
  return envelope
}

test('a path is removed only when another one was proved since the last change', async () => {
  const envelope = await withPaths('one', 'two')
  assert.throws(() => removePath(envelope, 'one'), /no other path was proved/)
  assert.throws(
    () => removePath(notePathProved(envelope, 'one', systemClock), 'one'),
    /no other path was proved/,
  )
  const proved = notePathProved(envelope, 'two', systemClock)
  const left = removePath(proved, 'one')
  assert.deepEqual(
    left.paths.map(({ name }) => name),
    ['two'],
  )
  assert.throws(() => removePath(left, 'two'), /no other path was proved/)
  const again = await addPath(dependenciesWith(), proved, root, { name: 'three', type: 'file', given: {} })
  assert.throws(() => removePath(again, 'one'), /no other path was proved/)
})

test('a second path of type file is refused, and the key file stays as it is', async () => {
  const path = join(folder, 'root.key')
  const first = { name: 'first', type: 'file', given: {} }
  const envelope = await addPath(dependenciesWith(), newEnvelope(root, systemRandom), root, first)
  const before = await readFile(path, 'utf8')
  const second = { name: 'second', type: 'file', given: {} }
  await assert.rejects(addPath(dependenciesWith(), envelope, root, second), /has the type file already/)
  assert.equal(await readFile(path, 'utf8'), before)
})

test('the order names each path once', async () => {
  const envelope = await withPaths('one', 'two')
  assert.deepEqual(
    orderPaths(envelope, ['two', 'one']).paths.map(({ name }) => name),
    ['two', 'one'],
  )
  for (const names of [['one'], ['one', 'one'], ['one', 'two', 'one'], ['one', 'other']])
    assert.throws(() => orderPaths(envelope, names), /expected each path once|there is no path/)
})

test('a name that is taken or has other characters is refused', async () => {
  const envelope = await withPaths('one')
  for (const name of ['one', 'One', 'a b', '', '-a', 'x'.repeat(64)]) {
    const path = { name, type: 'credential', given: { credential: 'two' } }
    await assert.rejects(
      addPath(dependenciesWith(), envelope, root, path),
      /there is a path|expected the name/,
    )
  }
})

test('the first path that opens is used, and the others say why they do not', async () => {
  const envelope = await withPaths('one', 'two')
  await rm(join(folder, 'one'))
  const { opened, failures } = await tryUnattended(dependenciesWith(), envelope)
  assert.equal(opened?.path.name, 'two')
  assert.equal(opened && hexOf(opened.root), hexOf(root))
  assert.match(failures[0]?.reason ?? '', /the credential .*one cannot be read: no such file/)
  await writeFile(join(folder, 'one'), 'c'.repeat(44))
  const second = await tryUnattended(dependenciesWith(), envelope)
  assert.match(second.failures[0]?.reason ?? '', /not the one that this path was made with/)
  await writeFile(join(folder, 'one'), `${'a'.repeat(44)}\n`)
})

test('a path of an unknown type is reported, and a passphrase is not asked for without a person', async () => {
  const envelope = await withPaths('two')
  const [two] = envelope.paths
  assert.ok(two)
  const paths = [{ ...two, name: 'new', type: 'quantum' }, { ...two, name: 'typed', type: 'passphrase' }, two]
  const { opened, failures } = await tryUnattended(dependenciesWith(), { ...envelope, paths })
  assert.equal(opened?.path.name, 'two')
  assert.deepEqual(
    failures.map(({ name, reason }) => [name, reason]),
    [['new', 'this release has no paths of type quantum']],
  )
})

test('a path that does not answer ends at its time limit, and a key that comes later is cleared', async () => {
  const late = Promise.withResolvers<Secret>()
  let aborted = false
  const silent: PathMethod = {
    isUnattended: true,
    create: async () => ({ parameters: {}, key: new Secret(new Uint8Array(32)) }),
    open: ({ signal }) => {
      signal.addEventListener('abort', () => {
        aborted = true
      })
      return late.promise
    },
  }
  const envelope = await withPaths('two')
  const [two] = envelope.paths
  assert.ok(two)
  const keep = setTimeout(() => {}, 5000)
  const path = { ...two, type: 'silent' }
  await assert.rejects(
    openPath(dependenciesWith([['silent', silent]]), envelope, path, 50),
    /no answer within/,
  )
  assert.ok(aborted)
  const key = new Secret(new Uint8Array(32))
  late.resolve(key)
  await late.promise
  await new Promise((resolve) => setImmediate(resolve))
  assert.throws(() => key.reveal(() => {}), /disposed/)
  clearTimeout(keep)
})

test('a passphrase opens in another composition of its characters, and no other one does', async () => {
  typed = 'Zürich Zürich Zürich'.normalize('NFC')
  const spare = { name: 'spare', type: 'passphrase', given: {} }
  const envelope = await addPath(dependenciesWith(), newEnvelope(root, systemRandom), root, spare)
  const [path] = envelope.paths
  assert.ok(path)
  typed = typed.normalize('NFD')
  assert.equal(hexOf(await openPath(dependenciesWith(), envelope, path, 60_000)), hexOf(root))
  typed = 'Zürich Zürich Züric'
  await assert.rejects(openPath(dependenciesWith(), envelope, path, 60_000), /the passphrase is wrong/)
  const parameters = { ...path.parameters, memoryKib: '4294967295' }
  await assert.rejects(
    openPath(dependenciesWith(), envelope, { ...path, parameters }, 60_000),
    /its cost is out of bounds: memoryKib/,
  )
  typed = '14 characters.'
  await assert.rejects(
    addPath(dependenciesWith(), envelope, root, { ...spare, name: 'short' }),
    /at least 15 characters.*got 14/,
  )
})

test('a passphrase that is no UTF-8 is refused: its bytes would all be one character', async () => {
  const latin1 = async (): Promise<Secret> =>
    new Secret(Uint8Array.from(Buffer.from('äöü'.repeat(6), 'latin1')))
  const method = passphraseMethod(latin1, systemRandom)
  await assert.rejects(method.create(context, {}), /the passphrase is no text in UTF-8/)
  const parameters = { memoryKib: '65536', passes: '1', lanes: '1', salt: 'AAECAwQFBgcICQoLDA0ODw==' }
  await assert.rejects(method.open(context, parameters), /the passphrase is no text in UTF-8/)
})

test('a credential has at least 32 bytes, is outside the data folder and is no root key', async () => {
  const method = credentialMethod({ folder, data: folder })
  const outside = credentialMethod({ folder, data: join(folder, 'data') })
  await assert.rejects(method.create(context, { credential: 'two' }), /it is in the data folder/)
  await writeFile(join(folder, 'short'), `${'a'.repeat(31)}\n`)
  await assert.rejects(outside.create(context, { credential: 'short' }), /at least 32 random bytes/)
  const line = 'holdfast-root-key:1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=:905f28de\n'
  await writeFile(join(folder, 'old'), line)
  await assert.rejects(outside.create(context, { credential: 'old' }), /is the root key itself/)
  await assert.rejects(outside.create(context, { credential: '../two' }), /expected the file name/)
  const nowhere = credentialMethod({ folder: undefined, data: folder })
  await assert.rejects(nowhere.create(context, {}), /set HOLDFAST_SEAL_CREDENTIALS/)
})

async function programOf(name: string, script: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, `#!/bin/sh\n${script}\n`)
  await chmod(path, 0o755)
  return path
}

test('a program wraps a key of the path, and its faults are told apart', async () => {
  const rot = await programOf('rot', 'LC_ALL=C tr "\\000-\\377" "\\200-\\377\\000-\\177"')
  const { parameters, key } = await commandMethod(rot, systemRandom).create(context, {})
  assert.equal(hexOf(await commandMethod(rot, systemRandom).open(context, parameters)), hexOf(key))
  const faults: readonly (readonly [string, RegExp])[] = [
    ['cat', /wrap printed the key itself/],
    ['true', /wrap printed nothing/],
    ['echo no token >&2; exit 3', /wrap failed \(status 3\): no token/],
    ['head -c 70000 /dev/zero', /at most 65536 bytes allowed/],
  ]
  for (const [script, why] of faults) {
    const program = await programOf('faulty', script)
    await assert.rejects(commandMethod(program, systemRandom).create(context, {}), why)
  }
  const short = await programOf('short-key', 'printf short')
  await assert.rejects(
    commandMethod(short, systemRandom).open(context, parameters),
    /expected 32 bytes; got 5/,
  )
  await chmod(short, 0o777)
  await assert.rejects(commandMethod(short, systemRandom).open(context, parameters), /others than its owner/)
  await assert.rejects(
    commandMethod(undefined, systemRandom).open(context, parameters),
    /HOLDFAST_SEAL_COMMAND/,
  )
  await assert.rejects(commandMethod(join(folder, 'none'), systemRandom).open(context, parameters), /ENOENT/)
})

test('a program gets no variables of the server, and what it has started ends with it', async () => {
  const shows = await programOf('shows', "env | cut -d= -f1 | sort | tr '\\n' ' ' >&2; exit 1")
  await assert.rejects(
    commandMethod(shows, systemRandom).create(context, {}),
    /status 1\): HOLDFAST_DEPLOYMENT LANG (?:OLDPWD )?PATH PWD(?: SHLVL)?(?: _)?$/,
  )
  const controller = new AbortController()
  const hangs = await programOf('hangs', 'sleep 60 & wait')
  const running = commandMethod(hangs, systemRandom).create({ ...context, signal: controller.signal }, {})
  setTimeout(() => controller.abort(), 100)
  await assert.rejects(running, /failed \(SIGKILL\)/)
})

test('an added path that does not open again is not added', async () => {
  const forgets: PathMethod = {
    isUnattended: true,
    create: async () => ({ parameters: {}, key: new Secret(new Uint8Array(32).fill(1)) }),
    open: async () => new Secret(new Uint8Array(32).fill(2)),
  }
  const path = { name: 'forgets', type: 'forgets', given: {} }
  const dependencies = dependenciesWith([['forgets', forgets]])
  await assert.rejects(addPath(dependencies, newEnvelope(root, systemRandom), root, path), /does not open/)
})

test('the root key stays usable after a path opened it', async () => {
  const envelope = await withPaths('two')
  const [path] = envelope.paths
  assert.ok(path)
  using again = await openPath(dependenciesWith(), envelope, path, 1000)
  assert.equal(hexOf(again), hexOf(root))
  assert.throws(() => openRoot(envelope, { ...path, wrapped: 'AAAA' }, again), /does not open/)
})
