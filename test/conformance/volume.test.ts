/**
 * Encrypted volumes by the programs that hold them: cryptsetup, nbdkit, nbdfuse, a file system, clevis. Their plaintext
 * is compared with what AES-256-XTS gives for the volume key, which is what dm-crypt reads.
 */

import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createDecipheriv } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import {
  chmod,
  copyFile,
  mkdir,
  open,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { runCommandLine } from '../../src/cli/command-line.ts'
import { readEvents } from '../support/audit.ts'
import { newKey, succeed } from '../support/calls.ts'
import type { Finished } from '../support/command.ts'
import { iamClient, newUser } from '../support/iam.ts'
import { REGION } from '../support/kms.ts'
import { ROOT, run } from '../support/run.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { until } from '../support/until.ts'
import { missingTool } from './tools.ts'

const runFile = promisify(execFile)

/** Whether this machine lets a process show a file by FUSE: containers may have the device and not the permission. */
async function canShowFiles(): Promise<boolean> {
  const probe = await temporaryFolder()
  const path = join(probe, 'file')
  await writeFile(path, '')
  const child = spawn('nbdfuse', [path, '--command', 'nbdkit', '-s', 'memory', '1M'], { stdio: 'ignore' })
  try {
    await until('a file is shown', async () => {
      if (child.exitCode !== null) return false
      return (await stat(path)).size === 1_048_576 ? true : undefined
    })
    return (await run('fusermount3', ['-u', path])).status === 0
  } catch {
    return false
  } finally {
    child.kill()
    await rm(probe, { recursive: true, force: true })
  }
}

const skip =
  (await missingTool('cryptsetup', ['--version'])) ||
  (await missingTool('nbdkit', ['--version'])) ||
  (await missingTool('nbdfuse', ['--version'])) ||
  (await missingTool('fuse2fs', ['-V'])) ||
  ((await canShowFiles()) ? false : 'FUSE shows no files here')

type Environment = Readonly<Record<string, string>>

let server: TestServer
let folder: string
let runtime: string
let environment: Environment
let key: string
let other: string
let image: string

before(async () => {
  if (skip !== false) return
  server = await startServer()
  folder = await temporaryFolder('/dev/shm')
  runtime = join(folder, 'run')
  image = join(folder, 'one.img')
  key = await newKey(server)
  other = await newKey(server)
  environment = environmentOf(server.credentials)
})

after(async () => {
  if (skip !== false) return
  for (const name of await readdir(runtime).catch(() => []))
    await volume(['close', name, '--force']).catch(() => undefined)
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

type Keys = { readonly accessKeyId: string; readonly secretAccessKey: string }

function environmentOf({ accessKeyId, secretAccessKey }: Keys): Environment {
  return {
    AWS_ENDPOINT_URL_KMS: server.endpoint,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  }
}

/** Runs `holdfast volume` in this process. */
async function volume(args: readonly string[], caller: Environment = environment): Promise<Finished> {
  const said = { output: '', errors: '' }
  const status = await runCommandLine(['volume', ...args, '--runtime-folder', runtime], {
    environment: caller,
    showProgress: () => {},
    output: {
      print: (line) => {
        said.output += `${line}\n`
      },
      complain: (text) => {
        said.errors += `${text}\n`
      },
    },
  })
  return { status, ...said }
}

/** Runs a command that succeeds, and returns its document. */
async function document(
  args: readonly string[],
  caller?: Environment,
): Promise<Readonly<Record<string, unknown>>> {
  const { status, output, errors } = await volume([...args, '--json'], caller)
  assert.equal(status, 0, `${args.join(' ')}: ${errors}`)
  return JSON.parse(output)
}

async function statusOf(args: readonly string[], caller?: Environment): Promise<number | null> {
  return (await volume(args, caller)).status
}

/** Starts a command that reads or writes bytes, or that runs until it is stopped. */
function start(args: readonly string[], more: Environment = {}): ChildProcess {
  const line = ['volume', ...args, ...(args[0] === 'clevis' ? [] : ['--runtime-folder', runtime])]
  return spawn(process.execPath, [join(ROOT, 'src/main.ts'), ...line], {
    env: { PATH: process.env['PATH'], ...environment, ...more },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

async function bytesOf(
  child: ChildProcess,
  input = '',
): Promise<{ readonly status: number; readonly out: Buffer }> {
  child.stdin?.end(input)
  const chunks: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr?.resume()
  const [status] = await once(child, 'close')
  return { status: Number(status), out: Buffer.concat(chunks) }
}

/** True when no process of the program has the path among its arguments; else nothing. */
async function ended(program: string, path: string): Promise<true | undefined> {
  for (const id of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const line = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')
    const [name = '', ...args] = line.split('\0')
    if (name.endsWith(program) && args.includes(path)) return undefined
  }
  return true
}

/** Writes a file into a new file system on a plaintext, by fuse2fs: the whole mount, without a device. */
async function withMount(
  plaintext: string,
  use: (mount: string) => Promise<void>,
  options = 'fakeroot',
): Promise<void> {
  const mount = join(folder, 'mount')
  await mkdir(mount, { recursive: true })
  await runFile('fuse2fs', [plaintext, mount, '-o', options])
  try {
    await use(mount)
  } finally {
    await runFile('fusermount3', ['-u', mount])
    // It writes the rest of the file system after the unmount.
    await until('fuse2fs ends', () => ended('fuse2fs', plaintext))
  }
}

const TEXT = 'what nobody else may read\n'

test('a volume is made, mounted, written, unmounted, closed and opened again; its image shows nothing', {
  skip,
}, async () => {
  const made = await document(['format', image, '--size', '48M', '--key', key])
  assert.match(String(made['volumeId']), /^vol-[0-9a-f]{17}$/)
  const opened = await document([
    'open',
    image,
    'one',
    '--backend',
    'fuse',
    '--volume-id',
    String(made['volumeId']),
  ])
  const plaintext = String(opened['path'])
  await runFile('mke2fs', ['-q', '-F', '-t', 'ext4', plaintext])
  await withMount(plaintext, (mount) => writeFile(join(mount, 'file'), TEXT))
  const sector = await readAt(plaintext, 1024)
  assert.equal(await statusOf(['open', image, 'two']), 9, 'a device is open once')
  await document(['close', 'one'])
  assert.ok(!existsSync(plaintext))
  const again = await document(['open', image, 'one', '--backend', 'fuse', '--read-only'])
  await runFile('e2fsck', ['-f', '-n', String(again['path'])])
  await withMount(
    String(again['path']),
    async (mount) => {
      assert.equal(await readFile(join(mount, 'file'), 'utf8'), TEXT)
    },
    'ro,fakeroot',
  )
  await document(['close', 'one'])
  assert.equal((await readFile(image)).indexOf(TEXT), -1)
  assert.deepEqual(await decryptedSector(image, 2), sector, 'dm-crypt would read the same')
})

async function readAt(path: string, position: number): Promise<Buffer> {
  const file = await open(path)
  try {
    const { buffer } = await file.read(Buffer.alloc(512), 0, 512, position)
    return buffer
  } finally {
    await file.close()
  }
}

/** Source: IEEE 1619, and Linux, "dm-crypt", plain64: the tweak is the number of the sector, little-endian. */
async function decryptedSector(path: string, number: number): Promise<Buffer> {
  const slotKey = join(folder, 'slot.key')
  const volumeKey = join(folder, 'volume.key')
  const { out } = await bytesOf(start(['unlock', path]))
  await writeFile(slotKey, out)
  const dump = [
    'luksDump',
    '-q',
    '--dump-volume-key',
    '--volume-key-file',
    volumeKey,
    '--key-file',
    slotKey,
    path,
  ]
  await runFile('cryptsetup', dump)
  const tweak = Buffer.alloc(16)
  tweak.writeUInt32LE(number)
  const cipher = createDecipheriv('aes-256-xts', await readFile(volumeKey), tweak)
  await rm(volumeKey)
  return cipher.update(await readAt(path, 16_777_216 + number * 512))
}

test('every document has the shape that help describes', { skip }, async () => {
  const { COMMANDS } = await import('../../src/cli/commands.ts')
  await document(['open', image, 'one', '--backend', 'nbdkit'])
  const lines: readonly (readonly string[])[] = [
    ['status', image],
    ['list'],
    ['verify', image],
    ['rekey', image],
    ['migrate', image, '--to-key', key],
    ['recovery', 'add', image],
    ['close', 'one'],
    ['open', image, 'one', '--backend', 'fuse'],
    ['close', 'one'],
    ['snapshot', 'copy', image, join(folder, 'shape.img')],
    ['format', join(folder, 'shape-2.img'), '--size', '32M', '--key', key],
  ]
  for (const line of lines) {
    const found = await document(line)
    const command = COMMANDS.findLast(({ name }) => `volume ${line.join(' ')} `.startsWith(`${name} `))
    assert.deepEqual(
      Object.keys(found).sort(),
      Object.keys(command?.json?.shape ?? {}).sort(),
      line.join(' '),
    )
  }
})

test('a copy has an ID and a ciphertext of its own, and opens under its own key', { skip }, async () => {
  const target = join(folder, 'copy.img')
  const copy = await document(['snapshot', 'copy', image, target, '--to-key', other])
  assert.match(String(copy['volumeId']), /^snap-[0-9a-f]{17}$/)
  assert.ok(String(copy['keyArn']).endsWith(other))
  assert.equal(await statusOf(['snapshot', 'copy', image, target]), 9, 'it replaces nothing')
  await succeed(server, 'DisableKey', { KeyId: key })
  assert.equal(await statusOf(['verify', image]), 4)
  await document(['verify', target])
  const opened = await document(['open', target, 'copy', '--backend', 'fuse', '--read-only'])
  await withMount(
    String(opened['path']),
    async (mount) => {
      assert.equal(await readFile(join(mount, 'file'), 'utf8'), TEXT)
    },
    'ro,fakeroot',
  )
  await document(['close', 'copy'])
  await succeed(server, 'EnableKey', { KeyId: key })
})

test('rekey and migrate leave one key that opens, and repeat an interrupted change', { skip }, async () => {
  const target = join(folder, 'changed.img')
  await document(['format', target, '--size', '32M', '--key', key])
  const old = await bytesOf(start(['unlock', target]))
  const exported = await run('cryptsetup', ['token', 'export', '--token-id', '0', target])
  await document(['rekey', target])
  const now = await bytesOf(start(['unlock', target]))
  const tryKey = async (bytes: Buffer): Promise<number | null> => {
    await writeFile(join(folder, 'try.key'), bytes)
    return (
      await run('cryptsetup', ['open', '--test-passphrase', '--key-file', join(folder, 'try.key'), target])
    ).status
  }
  assert.deepEqual([await tryKey(old.out), await tryKey(now.out)], [2, 0])
  // What a change leaves that ends between its steps: the token of before, and its keyslot.
  await writeFile(join(folder, 'token.json'), exported.out)
  await writeFile(join(folder, 'both.key'), Buffer.concat([now.out, old.out]))
  const sizes = ['--keyfile-size', '32', '--new-keyfile-offset', '32', '--new-keyfile-size', '32']
  const fast = ['--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000']
  const both = join(folder, 'both.key')
  await runFile('cryptsetup', [
    'luksAddKey',
    '-q',
    ...fast,
    '--key-slot',
    '0',
    '--key-file',
    both,
    ...sizes,
    target,
    both,
  ])
  await runFile('cryptsetup', ['token', 'import', '--json-file', join(folder, 'token.json'), target])
  assert.deepEqual((await document(['status', target]))['unfinished'], true)
  await document(['verify', target])
  const halfway = join(folder, 'halfway.img')
  await copyFile(target, halfway)
  await document(['migrate', halfway, '--to-key', other])
  const finished = await document(['status', halfway])
  assert.deepEqual(
    [finished['unfinished'], finished['otherKeyslots']],
    [false, []],
    'migrate finishes it too',
  )
  await document(['rekey', target])
  const left = await document(['status', target])
  assert.deepEqual([left['unfinished'], left['otherKeyslots'], left['generation']], [false, [], 3])
  assert.deepEqual([await tryKey(old.out), await tryKey(now.out)], [2, 2])
  const moved = await document(['migrate', target, '--to-key', other])
  assert.ok(String(moved['keyArn']).endsWith(other))
  await document(['verify', target])
})

/** The number of a LUKS2 header, which each change increases. Source: LUKS2 On-Disk Format Specification 1.1.1, `seqid`. */
async function changesOf(path: string): Promise<bigint> {
  return (await readAt(path, 0)).readBigUInt64BE(16)
}

test('a rekey that is killed after any change of the header leaves a volume that opens, and can be repeated', {
  skip,
}, async () => {
  const made = join(folder, 'made.img')
  const killed = join(folder, 'killed.img')
  await document(['format', made, '--size', '32M', '--key', key])
  const first = await changesOf(made)
  for (const changes of [2n, 3n]) {
    await copyFile(made, killed)
    const child = start(['rekey', killed])
    const exited = once(child, 'exit')
    while ((await changesOf(killed)) < first + changes && child.exitCode === null) await delay(5)
    child.kill('SIGKILL')
    await exited
    // What the killed process had started.
    await until('cryptsetup ends', () => ended('cryptsetup', killed))
    await document(['verify', killed])
    await document(['rekey', killed])
    const left = await document(['verify', killed])
    const { tokens } = await metadataOf(killed)
    assert.deepEqual(
      [Object.keys(tokens).length, left['volumeId']],
      [1, (await document(['status', made]))['volumeId']],
    )
  }
})

test('a volume of the scheme ebs has no keyslot: the data key is the volume key', { skip }, async () => {
  const target = join(folder, 'ebs.img')
  await document(['format', target, '--size', '32M', '--key', key, '--scheme', 'ebs'])
  assert.deepEqual((await document(['status', target]))['otherKeyslots'], [])
  const opened = await document(['open', target, 'ebs', '--backend', 'fuse'])
  await runFile('mke2fs', ['-q', '-F', '-t', 'ext4', String(opened['path'])])
  await document(['close', 'ebs'])
  await document(['migrate', target, '--to-key', other])
  const again = await document(['open', target, 'ebs', '--backend', 'fuse'])
  await runFile('e2fsck', ['-f', '-n', String(again['path'])])
  await document(['close', 'ebs'])
  assert.equal(await statusOf(['rekey', target]), 9)
  assert.equal((await bytesOf(start(['unlock', target]))).status, 9)
  await document(['recovery', 'add', target])
})

test('a recovery key opens a volume without KMS, and only where it is asked for', { skip }, async () => {
  const { recoveryKey } = await document(['recovery', 'add', image])
  const away = { AWS_ENDPOINT_URL_KMS: 'http://127.0.0.1:9' }
  assert.equal((await bytesOf(start(['open', image, 'one'], away), `${recoveryKey}\n`)).status, 5)
  assert.equal((await bytesOf(start(['open', image, 'one', '--recovery'], away), 'ABC\n')).status, 7)
  const typed = `${String(recoveryKey).toLowerCase()}\n`
  assert.equal(
    (await bytesOf(start(['open', image, 'one', '--recovery', '--backend', 'nbdkit'], away), typed)).status,
    0,
  )
  await document(['close', 'one'])
})

test('a person grants a machine the opening of one volume, and close retires the grant', {
  skip,
}, async () => {
  const iam = iamClient(server)
  const box = environmentOf(await newUser(iam, 'box'))
  const grantee = 'arn:aws:iam::000000000000:user/box'
  const credentials = join(folder, 'credentials')
  const { accessKeyId, secretAccessKey } = server.credentials
  await writeFile(
    credentials,
    `[person]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
  )
  const profiles = { ...box, AWS_SHARED_CREDENTIALS_FILE: credentials, AWS_CONFIG_FILE: '/dev/null' }
  const denied = await volume(['open', image, 'one'], box)
  assert.equal(denied.status, 3)
  assert.match(
    denied.errors,
    /Decrypt: AccessDeniedException: .*user\/box.*\nnext: holdfast explain [0-9a-f-]{36}\n$/,
  )
  const opening = ['open', image, 'one', '--backend', 'nbdkit', '--grantee', grantee]
  assert.equal(await statusOf(opening, box), 3, 'the machine cannot give itself a grant')
  const opened = await document([...opening, '--grant-profile', 'person'], profiles)
  const listed = await succeed(server, 'ListGrants', { KeyId: key })
  const grants = listed['Grants'] as readonly Readonly<Record<string, unknown>>[]
  assert.deepEqual(
    grants.map((grant) => [grant['GrantId'], grant['Operations'], grant['Constraints']]),
    [
      [
        opened['grantId'],
        ['Decrypt', 'RetireGrant'],
        { EncryptionContextSubset: { 'aws:ebs:id': opened['volumeId'] } },
      ],
    ],
  )
  await document(['close', 'one'], profiles)
  assert.deepEqual((await succeed(server, 'ListGrants', { KeyId: key }))['Grants'], [])
  assert.equal(await statusOf(['close', 'one']), 9)
  const nothing = join(folder, 'nothing.img')
  assert.equal(await statusOf(['format', nothing, '--size', '32M', '--key', key], box), 3)
  assert.ok(!existsSync(nothing), 'nothing is written before KMS allows it')
  iam.destroy()
})

test('what is on a disk is not overwritten, and a format that KMS refuses changes no byte', {
  skip,
}, async () => {
  const disk = join(folder, 'disk')
  await writeFile(disk, 'something')
  await truncate(disk, 33_554_432)
  assert.equal(await statusOf(['format', disk, '--key', key]), 9)
  await succeed(server, 'DisableKey', { KeyId: other })
  assert.equal(await statusOf(['format', disk, '--key', other, '--overwrite']), 4)
  await succeed(server, 'EnableKey', { KeyId: other })
  assert.equal(await statusOf(['format', disk, '--key', 'alias/none', '--overwrite']), 4)
  assert.equal((await readAt(disk, 0)).subarray(0, 9).toString(), 'something')
  await document(['format', disk, '--key', key, '--overwrite'])
  assert.equal(await statusOf(['format', image, '--size', '32M', '--key', key]), 9)
})

async function metadataOf(path: string): Promise<{ readonly tokens: Readonly<Record<string, unknown>> }> {
  return JSON.parse((await run('cryptsetup', ['luksDump', '--dump-json-metadata', path])).out)
}

async function tokenOf(path: string): Promise<readonly [string, unknown]> {
  const [found] = Object.entries((await metadataOf(path)).tokens)
  return found ?? ['', undefined]
}

test('what an interrupted open left is removed by close', { skip }, async () => {
  const left = join(runtime, 'left')
  await mkdir(left)
  await writeFile(join(left, 'device'), image)
  assert.equal(await statusOf(['open', image, 'left']), 9)
  assert.equal(await statusOf(['open', image, 'one']), 9, 'it may be opening the device')
  assert.deepEqual(await document(['close', 'left']), { name: 'left', volumeId: null, device: null })
  await document(['open', image, 'one', '--backend', 'nbdkit'])
  await document(['close', 'one'])
})

test('a damaged or exchanged header opens nothing', { skip }, async () => {
  const target = join(folder, 'damaged.img')
  const token = async (from: string, change: (json: string) => string, base = image): Promise<void> => {
    await copyFile(base, target)
    const file = join(folder, 'damaged.json')
    await writeFile(file, change(JSON.stringify((await tokenOf(from))[1])))
    await runFile('cryptsetup', ['token', 'remove', '--token-id', (await tokenOf(target))[0], target])
    await runFile('cryptsetup', ['token', 'import', '--json-file', file, target])
  }
  await token(image, (json) => json)
  await document(['verify', target])
  const foreign = join(folder, 'foreign.img')
  await document(['format', foreign, '--size', '32M', '--key', key])
  const slots = /"keyslots":\["\d+"\]/
  const ownSlots = slots.exec(JSON.stringify((await tokenOf(image))[1]))?.[0] ?? ''
  await token(foreign, (json) => json.replace(slots, ownSlots))
  assert.equal(await statusOf(['verify', target]), 6, 'the token of another volume')
  await token(image, (json) => json.replace(/"ciphertext":"(.{40})./, '"ciphertext":"$1A'))
  assert.equal(await statusOf(['verify', target]), 6, 'a ciphertext that KMS does not accept')
  await token(image, (json) => json.replace('"version":1', '"version":2'))
  assert.equal(await statusOf(['open', target, 'one']), 6, 'another version')
  assert.equal(await statusOf(['verify', image, '--volume-id', 'vol-00000000000000000']), 6)
  assert.equal(await statusOf(['verify', server.data]), 6, 'no LUKS')
  const rekeyed = join(folder, 'rekeyed.img')
  await copyFile(foreign, rekeyed)
  await document(['rekey', rekeyed])
  const before = (json: string): string =>
    json.replace('"generation":1', '"generation":9').replace('"keyslots":["0"]', '"keyslots":["1"]')
  await token(foreign, before, rekeyed)
  assert.equal(await statusOf(['verify', target]), 7, 'KMS decrypts a key that the header had before')
  assert.equal(await statusOf(['open', target, 'one']), 7)
  assert.deepEqual((await document(['list']))['volumes'], [])
})

test('watch closes a volume whose key is disabled, although it is in use', { skip }, async () => {
  const opened = await document(['open', image, 'one', '--backend', 'fuse'])
  const child = start(['watch', 'one', '--interval', '1', '--json'])
  const events: string[] = []
  const lines = createInterface(child.stdout ?? process.stdin)
  lines.on('line', (line) => events.push(JSON.parse(line).event))
  const using = await open(String(opened['path']))
  await until('it watches', async () => (events.includes('watching') ? true : undefined))
  assert.ok(existsSync(String(opened['path'])), 'an open volume stays open')
  const exited = once(child, 'exit')
  await succeed(server, 'DisableKey', { KeyId: key })
  assert.deepEqual((await exited)[0], 4)
  await using.close().catch(() => undefined)
  assert.deepEqual([events, existsSync(String(opened['path']))], [['watching', 'closed'], false])
  assert.equal(await statusOf(['open', image, 'one']), 4)
  await succeed(server, 'EnableKey', { KeyId: key })
})

function received(path: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    connect(path)
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => resolve(Buffer.concat(chunks)))
      .on('error', reject)
  })
}

test('a socket gives the key to systemd, also one that systemd has opened', { skip }, async () => {
  const { out } = await bytesOf(start(['unlock', image]))
  const path = join(folder, 'one.key')
  const child = start(['unlock', image, '--socket', path])
  await until('the socket is there', async () => (existsSync(path) ? true : undefined))
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  assert.deepEqual(await received(path), out)
  child.kill()
  await once(child, 'exit')
  const activated = join(folder, 'two.key')
  const python = [
    'import os, socket, sys',
    's = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen()',
    'os.dup2(s.fileno(), 3); os.set_inheritable(3, True); os.environ["LISTEN_FDS"] = "1"; os.execv(sys.argv[2], sys.argv[2:])',
  ].join('\n')
  const line = [
    join(ROOT, 'src/main.ts'),
    'volume',
    'unlock',
    image,
    '--socket-activation',
    '--runtime-folder',
    runtime,
  ]
  const service = spawn('python3', ['-c', python, activated, process.execPath, ...line], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: 'ignore',
  })
  await until('systemd has opened the socket', async () => (existsSync(activated) ? true : undefined))
  assert.deepEqual(await until('it listens', () => received(activated)), out)
  service.kill()
  await once(service, 'exit')
})

const noClevis =
  skip || (await missingTool('clevis-decrypt', ['--summary']).catch(() => 'there is no clevis'))

test('clevis encrypts and decrypts with the pin kms', { skip: noClevis }, async () => {
  const pins = join(folder, 'pins')
  await mkdir(pins)
  for (const name of ['clevis-encrypt-kms', 'clevis-decrypt-kms'])
    await symlink(join(ROOT, 'deploy/clevis', name), join(pins, name))
  const program = join(folder, 'holdfast')
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'src/main.ts')}' "$@"\n`)
  await chmod(program, 0o755)
  const settings = join(folder, 'clevis')
  await writeFile(
    settings,
    Object.entries(environment)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  )
  const variables = {
    PATH: `${pins}:${process.env['PATH']}`,
    CLEVIS_KMS_PROGRAM: program,
    CLEVIS_KMS_SETTINGS: settings,
  }
  const config = JSON.stringify({ key, context: { host: 'one' } })
  const jwe = await run('clevis', ['encrypt', 'kms', config], { environment: variables, input: 'passphrase' })
  assert.equal(jwe.status, 0, jwe.err)
  assert.match(jwe.out, /^[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+\n?$/)
  const back = await run('clevis', ['decrypt'], { environment: variables, input: jwe.out })
  assert.deepEqual([back.status, back.out], [0, 'passphrase'])
  // A threshold of pins: both shares need KMS here.
  const shares = JSON.stringify({ t: 2, pins: { kms: [{ key }, { key: other }] } })
  const sss = await run('clevis', ['encrypt', 'sss', shares], { environment: variables, input: 'shared' })
  assert.equal(sss.status, 0, sss.err)
  const shared = await run('clevis', ['decrypt'], { environment: variables, input: sss.out })
  assert.deepEqual([shared.status, shared.out], [0, 'shared'])
  await succeed(server, 'DisableKey', { KeyId: other })
  const refused = await run('clevis', ['decrypt'], { environment: variables, input: sss.out })
  assert.notEqual(refused.status, 0)
  assert.match(refused.err, /DisabledException/)
  await succeed(server, 'EnableKey', { KeyId: other })
})

test('each call on a key is an event with the ID of the volume, and none has a plaintext', {
  skip,
}, async () => {
  const events = (await readEvents(server.data)).filter(({ eventName }) =>
    ['GenerateDataKeyWithoutPlaintext', 'Decrypt', 'ReEncrypt', 'CreateGrant'].includes(eventName),
  )
  const text = JSON.stringify(events)
  assert.ok(text.includes('"aws:ebs:id":"vol-') && text.includes('"aws:ebs:id":"snap-'))
  assert.ok(!text.includes('"plaintext"'))
})
