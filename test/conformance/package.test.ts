/** The npm package: packed, installed outside of the clone, and used there. */

import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { CreateKeyCommand, DecryptCommand, EncryptCommand } from '@aws-sdk/client-kms'
import { kmsClient } from '../support/kms.ts'
import { type Ended, ROOT, run } from '../support/run.ts'
import { startServer, temporaryFolder } from '../support/server.ts'

/** The largest package: what everybody downloads. The packages that it needs are in it. */
const PACKAGE_MAX_BYTES = 12_000_000
/** The largest installed package, without the Node of the platform. */
const UNPACKED_MAX_BYTES = 60_000_000
/** Scripts that npm would run where the package is installed. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'preprepare', 'prepare', 'postprepare']

const INSTALL = ['install', '--prefer-offline', '--no-audit', '--no-fund']

type Packed = {
  readonly filename: string
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string }[]
}

let folder: string
let packed: Packed
/** The folder of a global installation. */
let global: string
/** The folder of a project that has installed the package without optional packages. */
let project: string

before(async () => {
  folder = await temporaryFolder()
  await succeed(process.execPath, [join(ROOT, 'scripts/build-package.ts')])
  // The script `prepack` would also build the console again, which other tests use meanwhile.
  const answer = await succeed('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder])
  packed = parsePacked(answer.out)
  global = join(folder, 'global')
  await succeed('npm', [...INSTALL, '--global', '--prefix', global, tarball()])
  project = join(folder, 'project')
  await mkdir(project)
  await writeFile(join(project, 'package.json'), '{ "private": true, "type": "module" }')
  await succeed('npm', [...INSTALL, '--omit=optional', tarball()], project)
})

after(async () => {
  await rm(folder, { recursive: true, force: true })
})

function tarball(): string {
  return join(folder, packed.filename)
}

async function succeed(program: string, args: readonly string[], at = ROOT): Promise<Ended> {
  const ended = await run(program, args, { folder: at })
  assert.equal(ended.status, 0, `${program} ${args.join(' ')}: ${ended.err}`)
  return ended
}

/** npm gives a list, or an object with a member for each package. */
function parsePacked(text: string): Packed {
  const [first] = Object.values(JSON.parse(text) as Readonly<Record<string, Packed>>)
  assert.ok(first !== undefined)
  return first
}

test('the package has the server, the console, the pages of documentation, and no test, benchmark or script', () => {
  const own = packed.files.map(({ path }) => path).filter((path) => !path.startsWith('node_modules/'))
  for (const path of [
    'bin/holdfast',
    'dist/main.js',
    'console/dist/index.html.br',
    'docs/index.md',
    'LICENSE',
  ])
    assert.ok(own.includes(path), path)
  const roots = new Set(own.map((path) => path.split('/')[0]))
  assert.deepEqual(
    [...roots].toSorted(),
    [
      ...['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'bin', 'console', 'deploy', 'dist', 'docs'],
      'package.json',
    ].toSorted(),
  )
  assert.deepEqual(
    own.filter((path) => /\.test\.|(?<!\.d)\.tsx?$|\/\./.test(path)),
    [],
  )
})

test('the package is not larger than its bounds', async () => {
  const { size } = await stat(tarball())
  assert.ok(size < PACKAGE_MAX_BYTES, `${size} bytes`)
  assert.ok(packed.unpackedSize < UNPACKED_MAX_BYTES, `${packed.unpackedSize} bytes`)
})

test('an installation runs no script, and takes no package but Node for the platform', async () => {
  const installed = join(global, 'lib/node_modules')
  const { scripts } = JSON.parse(await readFile(join(installed, 'holdfast/package.json'), 'utf8'))
  for (const name of INSTALL_SCRIPTS) assert.equal(scripts[name], undefined, name)
  assert.deepEqual(await readdir(installed), ['holdfast'])
  const bundled = new Set(
    packed.files.map(({ path }) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]),
  )
  const all = await readdir(join(installed, 'holdfast/node_modules'), { recursive: true })
  const further = all
    .filter((path) => /^(?:@[^/]+\/)?[^@./][^/]*\/package\.json$/.test(path))
    .map((path) => dirname(path))
    .filter((name) => !bundled.has(name))
  assert.equal(further.length, 1)
  assert.match(further.join(), /^node-(?:bin-)?[a-z]+-[a-z0-9]+$/)
})

test('the installed server makes a key, encrypts and decrypts with it, and shows the console', async () => {
  const launcher = join(global, 'bin/holdfast')
  const environment = { HOLDFAST_CONSOLE: 'on', HOLDFAST_WORKERS: '2' }
  await using server = await startServer({ launched: launcher, environment })
  const kms = kmsClient(server)
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  assert.ok(KeyMetadata?.KeyId !== undefined)
  const { KeyId } = KeyMetadata
  const Plaintext = new TextEncoder().encode('from an installed package')
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext }))
  const opened = await kms.send(new DecryptCommand({ CiphertextBlob }))
  assert.deepEqual(opened.Plaintext, Plaintext)
  // A thread generates it.
  await kms.send(new CreateKeyCommand({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }))
  kms.destroy()

  const page = await fetch(`${server.endpoint}/console/`)
  assert.equal(page.status, 200)
  const script = /src="([^"]+\.js)"/.exec(await page.text())?.[1]
  assert.ok(script !== undefined)
  const answer = await fetch(new URL(script, `${server.endpoint}/console/`))
  assert.equal(answer.status, 200)
  assert.ok((await answer.bytes()).length > 0)

  assert.equal(await server.stop(), 0, server.errors())
  const verified = await run(launcher, ['audit', 'verify', '--data', server.data])
  assert.equal(verified.status, 0, verified.err)
})

test('an installation without optional packages runs on the Node of the PATH', async () => {
  const PATH = `${dirname(process.execPath)}:/usr/bin:/bin`
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  const launcher = join(project, 'node_modules/.bin/holdfast')
  const ended = await run(launcher, ['--version'], { environment: { PATH } })
  assert.deepEqual({ status: ended.status, out: ended.out }, { status: 0, out: `${version}\n` }, ended.err)
})

test('a program in TypeScript gets the types of all operations', async () => {
  const program = `import { OPERATIONS, type Operations } from 'holdfast/operations'
const input: Operations['CreateKey']['input'] = { KeySpec: 'ML_KEM_768' }
// @ts-expect-error: there is no such key spec.
const wrong: Operations['CreateKey']['input'] = { KeySpec: 'ML_KEM_1' }
console.log(OPERATIONS.CreateKey[0], input.KeySpec, wrong.KeySpec)
`
  await writeFile(join(project, 'program.ts'), program)
  const options = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'esnext',
    '--types',
    '',
    '--lib',
  ]
  await succeed(join(ROOT, 'node_modules/.bin/tsc'), [...options, 'esnext,dom', 'program.ts'], project)
  assert.equal((await succeed(process.execPath, ['program.ts'], project)).out, 'kms ML_KEM_768 ML_KEM_1\n')
})
