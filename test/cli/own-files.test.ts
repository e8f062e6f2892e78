/** Files that others could change, and files that are none: refused with a message, and without waiting. */

import assert from 'node:assert/strict'
import { chmod, chown, cp, mkdir, rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Finished, runHoldfast, runRefusedStart } from '../support/command.ts'
import { run } from '../support/run.ts'
import { startServer, temporaryFolder } from '../support/server.ts'

const folder = await temporaryFolder()
after(() => rm(folder, { recursive: true, force: true }))

const OTHER_USER = 12_345
const skip = process.platform === 'win32' ? 'there are no modes of this kind' : false
const skipUnlessRoot = process.geteuid?.() === 0 ? false : 'only root can give a folder to somebody else'

const used = join(folder, 'used')
const server = await startServer({ data: used })
await server.stop()

let made = 0

/** A copy of a data folder that a server has made and left. */
async function dataFolder(): Promise<string> {
  made += 1
  const data = join(folder, `data-${made}`)
  await cp(used, data, { recursive: true })
  return data
}

function runRefused(data: string, command: readonly string[]): Promise<Finished> {
  return command[0] === 'serve' ? runRefusedStart(data) : runHoldfast(data, ...command)
}

async function pipe(path: string): Promise<string> {
  await rm(path, { recursive: true, force: true })
  const { status, err } = await run('mkfifo', [path])
  assert.equal(status, 0, err)
  return path
}

test('a data folder that others can write is refused by every command', { skip }, async () => {
  const data = await dataFolder()
  for (const mode of [0o777, 0o770, 0o722]) {
    await chmod(data, mode)
    for (const command of [['serve'], ['status'], ['usage'], ['account', 'list']]) {
      const { status, errors } = await runRefused(data, command)
      assert.equal(status, 2, `${command}: ${errors}`)
      assert.match(
        errors,
        /^holdfast: HOLDFAST_DATA: cannot use '.*': others than its owner can write it: chmod go-w it$/m,
      )
    }
  }
  await chmod(data, 0o755)
  assert.equal((await runHoldfast(data, 'account', 'list')).status, 0)
})

test('a data folder that belongs to somebody else is refused', { skip: skipUnlessRoot }, async () => {
  const data = await dataFolder()
  await chown(data, OTHER_USER, OTHER_USER)
  const { status, errors } = await runRefusedStart(data)
  assert.equal(status, 2)
  assert.match(
    errors,
    /HOLDFAST_DATA: cannot use '.*': it belongs to user 12345, and this process runs as user 0/,
  )
})

test('a root key that is no regular file is refused, and nothing waits for it', { skip }, async () => {
  const data = await dataFolder()
  const path = join(data, 'root.key')
  const aside = join(folder, `${made}.key`)
  await rename(path, aside)
  const kinds: readonly (readonly [RegExp, () => Promise<unknown>])[] = [
    [/it is a pipe, and has to be a regular file/, () => pipe(path)],
    [/cannot be read: it is a folder$/m, () => mkdir(path)],
    [/it is a symbolic link, and has to be a regular file/, () => symlink(aside, path)],
    [/it is a symbolic link, and has to be a regular file/, () => symlink('/dev/zero', path)],
  ]
  for (const [message, make] of kinds) {
    await rm(path, { recursive: true, force: true })
    await make()
    const { status, errors } = await runRefusedStart(data)
    assert.match(errors, message)
    assert.match(errors, /the root key file .*root\.key cannot be read: /)
    assert.equal(status, 1)
  }
})

test('credentials that others can write, or that are no file, are refused', { skip }, async () => {
  const data = await dataFolder()
  const path = join(data, 'credentials')
  await chmod(path, 0o666)
  for (const command of [['serve'], ['env'], ['account', 'create']]) {
    const { status, errors } = await runRefused(data, command)
    assert.equal(status, 2, `${command}: ${errors}`)
    assert.match(
      errors,
      /cannot use the credentials file .*: others than its owner can write it: chmod go-w it/,
    )
  }
  await pipe(path)
  const { status, errors } = await runHoldfast(data, 'env')
  assert.equal(status, 2)
  assert.match(errors, /cannot use the credentials file .*: it is a pipe/)
})

test('no setting that names a file waits for a pipe', { skip }, async () => {
  const path = await pipe(join(folder, 'pipe'))
  for (const flags of [
    [`--tls-cert=${path}`, `--tls-key=${path}`],
    [`--attestation-root=${path}`],
    [`--oidc-keys=${path}`],
    [`--xks-ca=${path}`],
    [`--pkcs11=${path}`],
    [`--webhooks=${path}`],
    [`--prices=${path}`],
    [`--trails=http://127.0.0.1:1`, `--trails-credentials=${path}`],
  ]) {
    const { status, errors } = await runRefusedStart(join(folder, 'never'), ...flags)
    assert.equal(status, 2, flags.join(' '))
    assert.match(errors, /it is a pipe, and has to be a regular file/, flags.join(' '))
  }
})

test('no command waits for a pipe in the place of a file', { skip }, async () => {
  const data = await dataFolder()
  const path = await pipe(join(folder, 'given'))
  for (const command of [
    ['policy', 'what-if', '--key=alias/x', `--file=${path}`],
    ['scp', 'put', '--name=x', `--file=${path}`],
    ['audit', 'check-proof', path, '--verifier-key=x'],
    ['audit', 'prove-consistency', path],
    ['report', 'verify', path, '--verifier-key=x'],
    ['usage', `--prices=${path}`],
  ]) {
    const { status, errors } = await runHoldfast(data, ...command)
    assert.ok(status === 2 || status === 1, `${command}: ${status}`)
    assert.notEqual(errors, '')
  }
  await pipe(join(data, 'endpoint'))
  const { status, errors } = await runHoldfast(data, 'status')
  assert.equal(status, 1)
  assert.match(errors, /endpoint: it is a pipe/)
})
