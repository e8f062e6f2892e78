/** Unlock paths of type `command` with the programs that operators use: age, and a TPM by way of tpm2-tools. */

import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { systemRandom } from '../../src/base/ports.ts'
import { commandMethod } from '../../src/custody/roots/command.ts'
import { temporaryFolder } from '../support/server.ts'
import { until } from '../support/until.ts'

const run = promisify(execFile)
const folder = await temporaryFolder()
after(() => rm(folder, { recursive: true, force: true }))

const context = { deployment: 'd', id: 'i', name: 'path', signal: new AbortController().signal }

async function hasPrograms(...names: readonly string[]): Promise<boolean> {
  const found = await Promise.all(
    names.map((name) =>
      run('which', [name]).then(
        () => true,
        () => false,
      ),
    ),
  )
  return found.every((one) => one)
}

async function programOf(name: string, lines: readonly string[]): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, ['#!/bin/sh', 'set -eu', ...lines, ''].join('\n'))
  await chmod(path, 0o755)
  return path
}

/** Wraps a key with a program, and checks that the program gives the same key again. Returns the parameters of the path. */
async function assertOpens(program: string): Promise<Readonly<Record<string, string>>> {
  const method = commandMethod(program, systemRandom)
  const { parameters, key } = await method.create(context, {})
  const again = await method.open(context, parameters)
  assert.equal(
    key.reveal((one) => again.reveal((other) => Buffer.compare(one, other))),
    0,
  )
  return parameters
}

const noAge = (await hasPrograms('age', 'age-keygen')) ? false : 'there is no age'

test('age wraps the key of a path for an identity, and without the identity it does not open', {
  skip: noAge,
}, async () => {
  const identity = join(folder, 'identity')
  await run('age-keygen', ['-o', identity])
  const [, recipient = ''] = /public key: (\S+)/.exec(await readFile(identity, 'utf8')) ?? []
  const program = await programOf('by-age', [
    'case $1 in',
    `  wrap) exec age --encrypt --recipient ${recipient} ;;`,
    `  unwrap) exec age --decrypt --identity ${identity} ;;`,
    'esac',
  ])
  const parameters = await assertOpens(program)
  await rm(identity)
  await assert.rejects(
    commandMethod(program, systemRandom).open(context, parameters),
    /by-age unwrap failed \(status 1\)/,
  )
})

/** Starts a TPM in software for the time of the tests; returns how tpm2-tools reach it. */
async function startTpm(name: string): Promise<string> {
  const state = join(folder, name)
  await mkdir(state)
  const port = 20_000 + (randomBytes(2).readUInt16BE() % 20_000)
  const server = ['--server', `type=tcp,port=${port}`, '--ctrl', `type=tcp,port=${port + 1}`]
  const flags = ['--tpm2', '--tpmstate', `dir=${state}`, '--flags', 'not-need-init,startup-clear']
  const swtpm = spawn('swtpm', ['socket', ...flags, ...server], { stdio: 'ignore' })
  after(() => swtpm.kill('SIGKILL'))
  const tcti = `swtpm:port=${port}`
  await until('the TPM answers', async () => {
    await run('tpm2_getrandom', ['--hex', '4'], { env: { ...process.env, TPM2TOOLS_TCTI: tcti } })
    return true
  })
  return `export TPM2TOOLS_TCTI=${tcti}`
}

const noTpm = (await hasPrograms('swtpm', 'tpm2_create', 'tpm2_load', 'tpm2_unseal'))
  ? false
  : 'there is no swtpm with tpm2-tools'

test('a TPM seals the key of a path to the state of the boot, and refuses it in another state', {
  skip: noTpm,
}, async () => {
  const tpm = await startTpm('tpm')
  const extend = await programOf('extend', [tpm, `tpm2_pcrextend 7:sha256=${'ab'.repeat(32)}`])
  const program = await programOf('by-tpm', [
    tpm,
    'work=$(mktemp -d)',
    'trap "rm -rf $work" EXIT',
    'cd "$work"',
    'tpm2_createprimary -Q -C o -c primary >&2',
    'tpm2_flushcontext -t',
    'case $1 in',
    '  wrap)',
    '    tpm2_startauthsession -S session',
    '    tpm2_policypcr -Q -S session -l sha256:7 -L policy',
    '    tpm2_flushcontext session',
    '    tpm2_create -Q -C primary -L policy -i - -u public -r private >&2',
    '    tar -cf - public private',
    '    ;;',
    '  unwrap)',
    '    tar -xf -',
    '    tpm2_load -Q -C primary -u public -r private -c sealed',
    '    tpm2_flushcontext -t',
    '    tpm2_unseal -c sealed -p pcr:sha256:7',
    '    ;;',
    'esac',
  ])
  const parameters = await assertOpens(program)
  await run(extend)
  await assert.rejects(commandMethod(program, systemRandom).open(context, parameters), /by-tpm unwrap failed/)
})

const noClevis =
  noTpm || ((await hasPrograms('clevis-encrypt-tpm2')) ? false : 'there is no clevis for a TPM')

test('clevis binds the key of a path to a TPM, with the program of the guide', {
  skip: noClevis,
}, async () => {
  const tpm = await startTpm('clevis')
  const guide = await readFile(new URL('../../docs/how-to/unlock-the-root-key.md', import.meta.url), 'utf8')
  const [, body = ''] = /```sh\n#!\/bin\/sh\nset -eu\n([^`]*clevis decrypt[^`]*)```/.exec(guide) ?? []
  assert.match(body, /clevis encrypt tpm2/)
  await assertOpens(await programOf('by-clevis', [tpm, body]))
})
