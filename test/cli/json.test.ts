/** Every command that prints: `--json` has the documented shape. And who used a key, by its record. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { EncryptCommand } from '@aws-sdk/client-kms'
import { COMMANDS } from '../../src/cli/commands.ts'
import type { Shape } from '../../src/cli/shape.ts'
import { eventOf } from '../support/audit.ts'
import { call, newKey } from '../support/calls.ts'
import { runHere } from '../support/here.ts'
import { allow, iamClient, kmsAs, newUser, policyText } from '../support/iam.ts'
import { REGION } from '../support/kms.ts'
import { NODE_ENVIRONMENT, ROOT } from '../support/run.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { newSecret, type Receiver, startReceiver, writeWebhooks } from '../support/webhook.ts'

const ACCOUNT = '000000000000'
const OTHER = '111122223333'
const ADA = `arn:aws:iam::${ACCOUNT}:user/ada`

let server: TestServer
let folder: string
let receiver: Receiver
let keyId: string
let arn: string
let requestId: string
let eventId: string

before(async () => {
  folder = await temporaryFolder()
  receiver = await startReceiver()
  const environment = await writeWebhooks(folder, newSecret(), [{ url: receiver.url }])
  server = await startServer({ environment })
  keyId = await newKey(server)
  arn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/${keyId}`
  const ada = kmsAs(server, await newUser(iamClient(server), 'ada', policyText(allow('kms:Encrypt'))))
  for (const text of ['a', 'b'])
    await ada.send(new EncryptCommand({ KeyId: keyId, Plaintext: Buffer.from(text) }))
  await assert.rejects(ada.send(new EncryptCommand({ KeyId: keyId, Plaintext: Buffer.alloc(5000) })))
  const answer = await call(server, 'Encrypt', { KeyId: keyId, Plaintext: 'AAAA' })
  requestId = answer.requestId ?? ''
  eventId = (await eventOf(server, requestId)).eventID
  const statement = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*' }
  await writeFile(join(folder, 'key.json'), policyText({ ...statement, Resource: '*' }))
  await writeFile(join(folder, 'scp.json'), policyText(allow('*')))
  await writeFile(
    join(folder, 'rcp.json'),
    policyText({ Effect: 'Deny', Principal: '*', Action: 'kms:*', Resource: '*' }),
  )
})

after(async () => {
  await server[Symbol.asyncDispose]()
  await receiver[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** Texts of results that later commands need, by the place that stands for them. */
const KEPT = new Map<string, string>()

/** Runs a command with `--json`, and checks each document. */
async function documents(line: string, status = 0): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const args = line.split(' ').map((word) => KEPT.get(word) ?? word)
  const finished = await runHere(server.data, ...args, '--json')
  assert.equal(finished.status, status, `${line}: ${finished.errors}`)
  const command = COMMANDS.findLast(({ name }) => `${line} `.startsWith(`${name} `))
  assert.ok(command?.json !== undefined, line)
  TRIED.add(command.name)
  const texts = finished.output.split('\n').filter((text) => text !== '')
  if (command.json.lines !== true) assert.equal(texts.length, 1, line)
  const found = texts.map((text) => JSON.parse(text))
  for (const one of found) assertShape(one, command.json.shape, line)
  return found
}

const TRIED = new Set<string>()

function assertShape(value: unknown, shape: Shape, where: string): void {
  if (typeof shape === 'string') {
    const [type, orNull] = shape.split(' or ')
    const found = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value
    assert.ok(found === type || found === orNull, `${where} is ${found}, not ${shape}`)
  } else if (Array.isArray(shape)) {
    assert.ok(Array.isArray(value), where)
    for (const [index, item] of value.entries()) assertShape(item, shape[0], `${where}[${index}]`)
  } else {
    assertMembers(value, shape, where)
  }
}

function assertMembers(value: unknown, shape: object, where: string): void {
  assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value), where)
  const members = new Map(Object.entries(value))
  for (const [name, inner] of Object.entries(shape)) {
    const plain = name.replace('?', '')
    if (members.has(plain)) assertShape(members.get(plain), inner, `${where}.${plain}`)
    else assert.ok(name.endsWith('?'), `${where}.${plain} is missing`)
    members.delete(plain)
  }
  assert.deepEqual([...members.keys()], [], `${where} has only what is documented`)
}

test('commands on a data folder print the documents that help describes', async () => {
  const policy = (name: string): string => join(folder, name)
  await documents('env')
  await documents('status')
  await documents('console')
  await documents('console-sessions end')
  await documents(`tls issue --folder ${join(folder, 'tls')} --name localhost`)
  await documents(`account create --id ${OTHER}`)
  await documents('account list')
  await documents(`root-credentials create --account ${OTHER}`)
  const [listed] = await documents('quota list')
  const quotas = listed?.['quotas'] as readonly { readonly name: string; readonly aws: number | null }[]
  const atAws = new Map(quotas.map(({ name, aws }) => [name, aws]))
  assert.deepEqual(
    [atAws.get('kms.CreateKey'), atAws.get('iam.calls'), atAws.get('audit.bytes')],
    [5, null, null],
  )
  await documents('quota set --name kms.keys --value 500')
  const [organization] = await documents('organization create')
  KEPT.set('ROOT_ID', String(organization?.['root']))
  const [unit] = await documents('organization unit create --name one')
  KEPT.set('UNIT_ID', String(unit?.['unit']))
  await documents('organization unit rename --unit UNIT_ID --name two')
  await documents(`organization move --id ${OTHER} --to UNIT_ID`)
  for (const type of ['scp', 'rcp']) {
    await documents(`${type} put --name guard --file ${policy(`${type}.json`)}`)
    await documents(`${type} attach --name guard --id UNIT_ID`)
    await documents(`${type} list`)
    await documents('organization show')
    await documents(`${type} detach --name guard --id UNIT_ID`)
    await documents(`${type} delete --name guard`)
  }
  await documents(`organization remove --id ${OTHER}`)
  await documents('organization unit delete --unit UNIT_ID')
  await documents('organization delete')
  await documents('events test')
  await documents('events list-dead')
  await documents('events redeliver')
})

test('commands on the audit log print the documents that help describes', async () => {
  KEPT.set('KEY', arn)
  KEPT.set('EVENT_ID', eventId)
  KEPT.set('REQUEST_ID', requestId)
  await documents('usage --by operation')
  await documents('materials KEY')
  await documents('impact KEY')
  await documents('insights')
  await documents('explain REQUEST_ID')
  await documents(`simulate --principal ${ADA} --action kms:Encrypt --resource KEY`)
  await documents(`simulate --principal ${ADA} --action kms:Decrypt --resource KEY`, 3)
  await documents(`policy what-if --key KEY --file ${join(folder, 'key.json')}`)
  const [report] = await documents(`report --folder ${folder}`)
  const [file] = (report?.['files'] ?? []) as readonly string[]
  KEPT.set('REPORT_KEY', String(report?.['verifierKey']))
  await documents(`report verify ${file} --verifier-key REPORT_KEY`)
  await server.stop()
  await documents('audit reindex')
  await documents('audit archive --audit-live-days 30')
  const [signed] = await documents('audit checkpoint')
  const [checkpoint] = (signed?.['checkpoints'] ?? []) as readonly Readonly<Record<string, string>>[]
  KEPT.set('LOG_KEY', checkpoint?.['verifierKey'] ?? '')
  await writeFile(join(folder, 'checkpoint.txt'), `${checkpoint?.['checkpoint']}\n`)
  for (const line of ['audit prove EVENT_ID', `audit prove-consistency ${join(folder, 'checkpoint.txt')}`]) {
    const [proof] = await documents(line)
    await writeFile(join(folder, 'proof.txt'), `${proof?.['proof']}\n`)
    const [checked] = await documents(`audit check-proof ${join(folder, 'proof.txt')} --verifier-key LOG_KEY`)
    assert.equal(checked?.['proven'], true)
  }
  const [verified] = await documents('audit verify')
  assert.equal(verified?.['intact'], true)
})

test('commands of the proxy print the documents that help describes', async () => {
  const data = ` --data ${join(folder, 'proxy')}`
  await documents(`xks-proxy key create a${data}`)
  await documents(`xks-proxy key disable a${data}`)
  await documents(`xks-proxy key enable a${data}`)
  await documents(`xks-proxy key list${data}`)
  const [credential] = await documents(`xks-proxy credential create${data}`)
  await documents(`xks-proxy credential list${data}`)
  await documents(`xks-proxy credential delete ${credential?.['AccessKeyId']}${data}`)
})

test('commands on unlock paths print the documents that help describes', async () => {
  const credentials = join(folder, 'credentials')
  await mkdir(credentials)
  await writeFile(join(credentials, 'holdfast-root'), 'x'.repeat(32))
  const given = ` --data ${join(folder, 'seal')} --seal-credentials ${credentials}`
  await documents(`seal add host --type credential${given}`)
  await documents(`seal add file --type file${given}`)
  await documents(`seal list${given}`)
  await documents(`seal order file,host${given}`)
  await documents(`seal prove${given}`)
  await documents(`seal remove file${given}`)
  await documents(`seal migrate${given}`)
  await documents(`rotate root${given}`)
  await documents(`seal now --data ${join(folder, 'seal')}`)
})

test('commands on backups print the documents that help describes', async () => {
  const backups = join(folder, 'backups')
  const [made] = await documents(`backup create --folder ${backups}`)
  await documents(`backup verify ${made?.['file']}`)
  await documents(`backup rehearse --file ${made?.['file']}`)
  const target = ` --data ${join(folder, 'restored')}`
  await documents(`restore ${made?.['file']}${target} --key-file ${join(server.data, 'root.key')}`)
  await documents(`restore accept${target}`)
})

/** What a client of AWS needs to start; it makes no call that has to succeed. */
const CLIENT = {
  AWS_ENDPOINT_URL_KMS: 'http://127.0.0.1:9',
  AWS_REGION: REGION,
  AWS_ACCESS_KEY_ID: 'AKIA',
  AWS_SECRET_ACCESS_KEY: 'none',
}

test('what serves prints a document on each line', async () => {
  for (const [name, args] of [
    ['serve', ['serve', '--listen=127.0.0.1:0', '--workers=2']],
    ['xks-proxy', ['xks-proxy', '--xks-listen=127.0.0.1:0']],
    ['s3 serve', ['s3', 'serve', '--s3-listen=127.0.0.1:0']],
    ['lambda serve', ['lambda', 'serve', '--lambda-listen=127.0.0.1:0']],
    ['kubernetes-kms', ['kubernetes-kms', '--key=alias/x', `--socket=${join(folder, 'kms.sock')}`]],
  ] as const) {
    const main = join(ROOT, 'src/main.ts')
    // S3 and Lambda serve a folder that the server has created.
    const data = join(folder, name.split(' ').at(-1) ?? name)
    const child = spawn(process.execPath, [main, ...args, '--json', `--data=${data}`], {
      env: { ...NODE_ENVIRONMENT, ...CLIENT },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const found: Record<string, unknown>[] = []
    for await (const line of createInterface(child.stdout)) {
      found.push(JSON.parse(line))
      if (found.length === 1) child.kill('SIGTERM')
    }
    if (child.exitCode === null) await once(child, 'exit')
    assert.deepEqual(
      found.map(({ event }) => event),
      ['serving', 'stopping'],
    )
    const shape = COMMANDS.find((command) => command.name === name)?.json?.shape
    for (const one of found) assertShape(one, shape ?? 'string', name)
    TRIED.add(name)
  }
})

test('every command that prints a document was tried', () => {
  const printing = COMMANDS.filter(({ json }) => json !== undefined).map(({ name }) => name)
  assert.ok(printing.length > 50)
  assert.deepEqual(
    printing.filter((name) => !TRIED.has(name) && !name.startsWith('volume ')),
    // migrate and nodes are in postgres/{move,fleet}.test.ts, with a database; unseal is in seal.test.ts, with a sealed server; witness accept is in witness.test.ts; volumes are in conformance/volume.test.ts, with cryptsetup.
    ['migrate', 'nodes', 'unseal', 'witness accept', 'who-used'],
  )
})

type Use = Readonly<
  Record<'principal' | 'operation' | 'address' | 'calls' | 'failures' | 'lastEventId', unknown>
>

test('who-used shows principals, addresses, operations and counts within a time', async () => {
  const [found] = await documents('who-used KEY')
  assert.equal(found?.['source'], 'index')
  const uses = ((found?.['uses'] ?? []) as readonly Use[]).map(
    ({ principal, operation, address, calls, failures }) => {
      return { principal, operation, address, calls, failures }
    },
  )
  const from = { address: '127.0.0.1' }
  const root = `arn:aws:iam::${ACCOUNT}:root`
  assert.deepEqual(
    uses.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1)),
    [
      { principal: root, operation: 'CreateKey', ...from, calls: 1, failures: 0 },
      { principal: root, operation: 'Encrypt', ...from, calls: 1, failures: 0 },
      { principal: ADA, operation: 'Encrypt', ...from, calls: 2, failures: 0 },
    ],
  )
  const [none] = await documents('who-used KEY --from 2020-01-01 --to 2020-02-01')
  assert.deepEqual(none?.['uses'], [])
  const table = await runHere(server.data, 'who-used', arn)
  assert.match(table.output, /^principal +address +operation +calls +failures +first +last +last event$/m)
  assert.match(table.output, /^arn:\S+:user\/ada +127\.0\.0\.1 +Encrypt +2 +0 +\S+Z +\S+Z +[0-9a-f-]{36}$/m)
})
