/** Transcripts: the dated, signed report, and its verification with a public key alone. */

import assert from 'node:assert/strict'
import { cp, mkdir, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DisableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms'
import { makeReportsFolder, openDeployment } from '../../src/app/deployment.ts'
import { claimReportsFolder } from '../../src/app/report-facts.ts'
import { describeFile, signFiles } from '../../src/compliance/signed-files.ts'
import { parseConfig } from '../../src/config/settings.ts'
import { runHoldfast } from '../support/command.ts'
import { iamClient, kmsAs, newUser, policyText } from '../support/iam.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'

const HOSTILE = '</td><script>alert(1)</script>\u202e'
const ROOT = 'arn:aws:iam::000000000000:root'

let server: TestServer
let folder: string
let open: string
let disabled: string

before(async () => {
  server = await startServer()
  folder = await temporaryFolder()
  const kms = kmsAs(server, server.credentials)
  const newKey = async (Description: string) =>
    (await kms.send(new CreateKeyCommand({ Description }))).KeyMetadata?.Arn ?? ''
  open = await newKey(HOSTILE)
  disabled = await newKey('disabled')
  await kms.send(new CreateAliasCommand({ AliasName: 'alias/open', TargetKeyId: open }))
  await kms.send(new EncryptCommand({ KeyId: open, Plaintext: Buffer.from('x') }))
  await kms.send(new EnableKeyRotationCommand({ KeyId: disabled }))
  await kms.send(new DisableKeyCommand({ KeyId: disabled }))
  const own = { Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'kms:*', Resource: '*' }
  const everyone = { Effect: 'Allow', Principal: '*', Action: 'kms:Decrypt', Resource: '*' }
  await kms.send(new PutKeyPolicyCommand({ KeyId: open, Policy: policyText(own, everyone) }))
  const admin = policyText({ Effect: 'Allow', Action: 'kms:*', Resource: '*' })
  await newUser(iamClient(server), 'ada', admin)
})

after(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

type Written = { readonly day: string; readonly key: string; readonly errors: string }

async function write(...more: readonly string[]): Promise<Written> {
  const { status, output, errors } = await runHoldfast(server.data, 'report', '--folder', folder, ...more)
  assert.equal(status, 0, errors)
  const day = /report-(\d{4}-\d\d-\d\d)\.json/.exec(output)?.[1] ?? ''
  return { day, key: /^verifier key: (\S+)$/m.exec(errors)?.[1] ?? '', errors }
}

function verify(path: string, key: string) {
  return runHoldfast('/nowhere', 'report', 'verify', path, '--verifier-key', key)
}

async function read(day: string) {
  return JSON.parse(await readFile(join(folder, `report-${day}.json`), 'utf8'))
}

test('holdfast report finds what is open, not rotated, disabled and in one hand, with events and ARNs', async () => {
  const { day } = await write()
  assert.deepEqual(
    (await readdir(folder)).sort(),
    ['html', 'json', 'note'].map((kind) => `report-${day}.${kind}`),
  )
  const { findings, counts, previous } = await read(day)
  assert.equal(previous, null)
  const of = (check: string, resource: string) =>
    findings.find((one: Record<string, unknown>) => one['check'] === check && one['resource'] === resource)
  assert.match(
    of('open-to-everyone', open).details[0],
    /^statement 2 allows \* kms:Decrypt, without conditions$/,
  )
  assert.equal(of('open-to-everyone', open).events[0].operation, 'PutKeyPolicy')
  assert.equal(of('disabled', disabled).events[0].operation, 'DisableKey')
  assert.equal(of('rotation-off', open).events[0].operation, 'CreateKey')
  assert.equal(of('rotation-off', disabled), undefined)
  assert.match(of('separation-of-duties', open).details[0], /user\/ada may use it/)
  assert.equal(counts['access-key-old'], 0)
})

test('a page shows a hostile description as text', async () => {
  const { day } = await write()
  const page = await readFile(join(folder, `report-${day}.html`), 'utf8')
  assert.ok(page.includes('&lt;/td&gt;&lt;script&gt;alert(1)&lt;/script&gt;\ufffd'))
  assert.ok(!page.includes('<script'))
})

test('the same state gives the same bytes, with a server and without one', async () => {
  const { day } = await write()
  const bytes = async () =>
    Promise.all(
      ['html', 'json', 'note'].map((kind) => readFile(join(folder, `report-${day}.${kind}`), 'hex')),
    )
  const first = await bytes()
  await server.stop()
  const again = await write()
  if (again.day === day) assert.deepEqual(await bytes(), first)
})

test('a report is verified with the verifier key alone, and not when a file has changed', async () => {
  const { day, key } = await write()
  const path = (kind: string) => join(folder, `report-${day}.${kind}`)
  for (const kind of ['html', 'note']) {
    const { status, output, errors } = await verify(path(kind), key)
    assert.equal(status, 0, errors)
    assert.equal(output, `verified: report-${day}.html\nverified: report-${day}.json\n`)
  }
  for (const kind of ['json', 'html', 'note']) {
    const content = await readFile(path(kind))
    const changed = Buffer.from(content)
    changed[content.length >> 1] = (content[content.length >> 1] ?? 0) ^ 1
    await writeFile(path(kind), changed)
    const refused = await verify(path('json'), key)
    assert.equal(refused.status, 1, kind)
    assert.match(refused.errors, /^NOT VERIFIED: /)
    await writeFile(path(kind), content)
  }
  assert.equal((await verify(path('json'), 'none')).status, 2)
  assert.equal((await verify(join(folder, 'other.json'), key)).status, 2)
  const other = join(folder, 'other')
  await mkdir(other)
  for (const kind of ['json', 'html', 'note']) await cp(path(kind), join(other, `report-2020-01-01.${kind}`))
  assert.match((await verify(join(other, 'report-2020-01-01.json'), key)).errors, /names other files/)
})

/** What the deployment would have signed on an earlier day, when there was one key less. */
async function writeEarlier(earlier: string, today: string): Promise<void> {
  const report = await read(today)
  const keys = report.keys.filter(({ arn }: { readonly arn: string }) => arn !== disabled)
  const config = parseConfig({ flags: { data: server.data }, environment: {} })
  const deployment = await openDeployment(config)
  deployment.wrappingKey[Symbol.dispose]()
  const files = [
    { name: `report-${earlier}.json`, content: JSON.stringify({ ...report, day: earlier, keys }) },
    { name: `report-${earlier}.html`, content: 'page' },
  ]
  const described = files.map(({ name, content }) => describeFile(name, Buffer.from(content)))
  for (const { name, content } of files) await writeFile(join(folder, name), content)
  await writeFile(join(folder, `report-${earlier}.note`), signFiles(deployment.checkpointKey, described))
  await deployment.records.close()
}

test('a report says what has changed since the one before, which must be as it was signed', async () => {
  const { day } = await write()
  await writeEarlier('2020-01-01', day)
  const { errors } = await write()
  assert.match(errors, /^findings: \d+, changes: 1$/m)
  const { changes, previous } = await read(day)
  assert.equal(previous.day, '2020-01-01')
  assert.deepEqual([changes[0].what, changes[0].resource], ['added', disabled])
  assert.equal(changes[0].events[0].operation, 'CreateKey')

  await writeFile(join(folder, 'report-2020-01-01.json'), '{}')
  const refused = await runHoldfast(server.data, 'report', '--folder', folder)
  assert.equal(refused.status, 1)
  assert.match(
    refused.errors,
    /^holdfast: cannot compare with the previous report: report-2020-01-01\.json was changed after it was signed$/m,
  )
  for (const kind of ['json', 'html', 'note']) await rm(join(folder, `report-2020-01-01.${kind}`))
})

test('a report that ended before its note is made again, and its note signs no other files', async () => {
  const { day } = await write()
  await rm(join(folder, `report-${day}.html`))
  await mkdir(join(folder, `report-${day}.html`))
  const ended = await runHoldfast(server.data, 'report', '--folder', folder)
  assert.equal(ended.status, 1)
  assert.ok(!(await readdir(folder)).includes(`report-${day}.note`), 'the note of before is gone')
  await rmdir(join(folder, `report-${day}.html`))
  for (const name of await readdir(folder)) if (name.endsWith('.new')) await rm(join(folder, name))
  await writeEarlier('2020-01-01', day)
  await rm(join(folder, 'report-2020-01-01.note'))
  await write()
  assert.equal((await read(day)).previous, null, 'a day without a note has no report')
  for (const kind of ['json', 'html']) await rm(join(folder, `report-2020-01-01.${kind}`))
})

test('holdfast report makes none beside another one in the data folder', async () => {
  const own = join(server.data, 'reports')
  await makeReportsFolder(own)
  const lock = claimReportsFolder(own)
  assert.ok(lock)
  const { status, errors } = await runHoldfast(server.data, 'report')
  lock.release()
  assert.equal(status, 1)
  assert.match(errors, /a report is being made in /)
  assert.equal((await runHoldfast(server.data, 'report')).status, 0)
})

test('holdfast report refuses days that are none', async () => {
  for (const days of ['0', '3651', 'x']) {
    const { status, errors } = await runHoldfast(
      server.data,
      'report',
      `--unused-days=${days}`,
      '--folder',
      folder,
    )
    assert.equal(status, 2, days)
    assert.match(errors, /--unused-days: expected a whole number from 1 to 3650; got /)
  }
})

test('holdfast report ends when there can be no folder where it is to write', async () => {
  const { status, errors } = await runHoldfast(server.data, 'report', '--folder=/proc/nope/reports')
  assert.equal(status, 1)
  assert.match(errors, /\/proc\/nope/)
})
