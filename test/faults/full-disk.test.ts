/** Tests a full disk and a read-only audit folder. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { UpdateAccessKeyCommand } from '@aws-sdk/client-iam'
import type { Output } from '../../src/api/json.ts'
import { type Answer, callRaw } from '../support/calls.ts'
import { allow, iamClient, newUser, policyText } from '../support/iam.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import { isRunning, withBench } from './bench.ts'
import type { Injector } from './injector.ts'
import { Session } from './session.ts'

const PLAINTEXT = Buffer.from('a plaintext').toString('base64')
const INTERNAL = 'KMSInternalException'

function fillUp(injector: Injector, path = ''): void {
  injector.reset(path)
  injector.fail({ from: 1, mode: 'from then on', error: 'ENOSPC', kind: 'short' })
}

test('a server whose disk is full refuses every call, and serves by itself once there is space', async () => {
  await withBench(async (bench) => {
    const session = await bench.start()
    await bench.scenario.prepare(session)
    const [KeyId = ''] = bench.model.keys.keys()
    fillUp(bench.injector)
    for (const [operation, input] of [
      ['Encrypt', { KeyId, Plaintext: PLAINTEXT }],
      ['DescribeKey', { KeyId }],
      ['CreateKey', {}],
      ['DisableKey', { KeyId }],
      ['ScheduleKeyDeletion', { KeyId }],
      ['CreateAlias', { AliasName: 'alias/caller-0/0', TargetKeyId: KeyId }],
    ] as const) {
      // Calls twice, because the server does not immediately retry a log that it knows to be unwritable.
      await session.refused(operation, input, INTERNAL)
      await session.refused(operation, input, INTERNAL)
    }
    assert.ok(isRunning(session.server))
    bench.injector.lift()
    await bench.resume(session, KeyId)
    await bench.check(session)
    await session.server.kill()
    assert.equal(await (await bench.start()).server.stop(), 0)
    await bench.verify()
  })
})

test('a full disk under load loses nothing that was acknowledged', async () => {
  await withBench(async (bench) => {
    let session = await bench.start()
    await bench.scenario.prepare(session)
    const [KeyId = ''] = bench.model.keys.keys()
    const encrypt = () => session.try('Encrypt', { KeyId, Plaintext: PLAINTEXT })
    for (const mode of ['once', 'from then on'] as const) {
      bench.injector.reset('/audit/')
      bench.injector.fail({ from: 3, mode, error: 'ENOSPC', kind: 'half' })
      const codes = new Set<string | undefined>()
      for (let round = 0; round < 5; round += 1) {
        for (const answer of await Promise.all(Array.from({ length: 20 }, encrypt))) codes.add(answer?.code)
      }
      bench.injector.lift()
      assert.deepEqual([...codes], [undefined, INTERNAL].slice(0, codes.size))
      await bench.resume(session, KeyId)
    }
    await session.server.kill()
    session = await bench.start()
    assert.equal(await session.server.stop(), 0)
    await bench.verify()
  })
})

test('a server that cannot write its audit log changes nothing and returns an error for every call', async () => {
  await withBench(async (bench) => {
    const session = await bench.start()
    await bench.scenario.prepare(session)
    const [KeyId = ''] = bench.model.keys.keys()
    fillUp(bench.injector, '/audit/')
    // The first change is committed with its event, which stays in the outbox until the log is writable.
    const first = await session.try('UpdateKeyDescription', { KeyId, Description: 'made-0' })
    assert.ok(first !== undefined)
    await session.refused('Encrypt', { KeyId, Plaintext: PLAINTEXT }, INTERNAL)
    await session.refused('DisableKey', { KeyId }, INTERNAL)
    await session.refused('ScheduleKeyDeletion', { KeyId }, INTERNAL)
    await session.refused('ListKeys', {}, INTERNAL)
    bench.injector.lift()
    await bench.resume(session, KeyId)
    await bench.check(session)
    assert.equal(await session.server.stop(), 0)
    await bench.assertRecorded()
    await bench.verify()
  })
})

test('a server that cannot write its database still encrypts, and changes nothing', async () => {
  await withBench(async (bench) => {
    const session = await bench.start()
    await bench.scenario.prepare(session)
    const [KeyId = ''] = bench.model.keys.keys()
    fillUp(bench.injector, '/holdfast.db')
    const { CiphertextBlob } = await session.succeed('Encrypt', { KeyId, Plaintext: PLAINTEXT })
    await session.succeed('Decrypt', { CiphertextBlob: String(CiphertextBlob) })
    await session.refused('DisableKey', { KeyId }, INTERNAL)
    await session.refused('CreateKey', {}, INTERNAL)
    bench.injector.lift()
    await bench.resume(session, KeyId)
    await bench.check(session)
    assert.equal(await session.server.stop(), 0)
    await bench.assertRecorded()
    await bench.verify()
  })
})

function askHoldfast({ server }: Session, operation: string, input: Output): Promise<Answer> {
  const target = `Holdfast_20261101.${operation}`
  return until('the call is not throttled', async () => {
    const answer = await callRaw(server, target, JSON.stringify(input), { service: 'holdfast' })
    return answer.code === 'ThrottlingException' ? undefined : answer
  })
}

test('on a full disk no operation of the usage API answers or changes anything', async () => {
  await withBench(async (bench) => {
    const session = await bench.start()
    await bench.scenario.prepare(session)
    const [KeyId = ''] = bench.model.keys.keys()
    const policy = { PolicyType: 'SERVICE_CONTROL_POLICY', Name: 'made' }
    fillUp(bench.injector)
    for (const [operation, input] of [
      ['SetQuota', { Name: 'kms.keys', Value: '7' }],
      ['PutControlPolicy', { ...policy, Content: policyText(allow('*')) }],
      ['CreateAccount', {}],
      ['ListKeySummaries', {}],
      ['ListRefusals', {}],
      ['CountEvents', {}],
      ['ValidatePolicy', { PolicyDocument: policyText(allow('*')), PolicyType: 'IDENTITY_POLICY' }],
    ] as const) {
      const { status, code } = await askHoldfast(session, operation, input)
      assert.deepEqual([status, code], [500, 'InternalFailure'], operation)
    }
    bench.injector.lift()
    await bench.resume(session, KeyId)
    const { json: listed } = await askHoldfast(session, 'ListQuotas', {})
    const quotas = listed['Quotas'] as readonly Output[]
    assert.equal(quotas.find(({ Name }) => Name === 'kms.keys')?.['IsSet'], false)
    const { json: accounts } = await askHoldfast(session, 'ListAccounts', {})
    assert.equal((accounts['Accounts'] as readonly Output[]).length, 1)
    assert.equal((await askHoldfast(session, 'GetControlPolicy', policy)).code, 'NotFoundException')
    assert.equal((await askHoldfast(session, 'ListKeySummaries', {})).status, 200)
    assert.equal(await session.server.stop(), 0)
    await bench.verify()
  })
})

/** The status and body of a `GET` request. */
async function probe(server: TestServer, path: string): Promise<string> {
  const answer = await fetch(new URL(path, server.endpoint))
  return `${answer.status} ${await answer.text()}`
}

function untilReadyz({ server }: Session, right: RegExp): Promise<string> {
  return until(`/readyz answers ${right}`, async () => {
    const answer = await probe(server, '/readyz')
    return right.test(answer) ? answer : undefined
  })
}

test('a server whose disk fills up without calls is not ready, and becomes ready once there is space', async () => {
  await withBench(async (bench) => {
    const session = await bench.start()
    assert.equal(await probe(session.server, '/readyz'), '200 ok\n')
    fillUp(bench.injector)
    const full = await untilReadyz(session, /^503/)
    assert.equal(full, '503 not ready: the audit log cannot be written\n')
    assert.equal(await probe(session.server, '/healthz'), '200 ok\n')
    bench.injector.lift()
    await untilReadyz(session, /^200 ok/)
    await session.succeed('ListKeys', {})
    assert.equal(await session.server.stop(), 0)
    await bench.verify()
  })
})

test('a server is not ready while it cannot write its database', async () => {
  await withBench(async (bench) => {
    const session = await bench.start()
    await bench.scenario.prepare(session)
    const [KeyId = ''] = bench.model.keys.keys()
    fillUp(bench.injector, '/holdfast.db')
    await session.refused('DisableKey', { KeyId }, INTERNAL)
    const full = await untilReadyz(session, /^503/)
    assert.equal(full, '503 not ready: records cannot be written\n')
    assert.equal(await probe(session.server, '/healthz'), '200 ok\n')
    bench.injector.lift()
    await untilReadyz(session, /^200 ok/)
    assert.equal(await session.server.stop(), 0)
    await bench.verify()
  })
})

const run = promisify(execFile)
const DISK = 'size=96m,mode=0700'
const isRoot = process.getuid?.() === 0

test('a file system that is really full leaves room for revocations', {
  skip: !isRoot && 'only root may mount one',
}, async () => {
  const disk = await mkdtemp(join(tmpdir(), 'holdfast-disk-'))
  await run('mount', ['-t', 'tmpfs', '-o', DISK, 'holdfast-test', disk])
  try {
    await fillForReal(join(disk, 'data'), join(disk, 'ballast'))
  } finally {
    await run('umount', ['--lazy', disk])
    await rm(disk, { recursive: true, force: true })
  }
})

async function fillForReal(data: string, ballast: string): Promise<void> {
  await using server = await startServer({ data })
  const session = new Session(server, new Set())
  const makeKey = async () => (await session.succeed('CreateKey', {}))['KeyMetadata'] as KeyMetadata
  const [{ KeyId }, { KeyId: deleted }] = [await makeKey(), await makeKey()]
  const grant = { KeyId, GranteePrincipal: ROOT, Operations: ['Decrypt'] }
  const { GrantId } = await session.succeed('CreateGrant', grant)
  const { CiphertextBlob } = await session.succeed('Encrypt', { KeyId, Plaintext: PLAINTEXT })
  const iam = iamClient(server)
  const putter = await newUser(iam, 'putter', policyText(allow('kms:PutKeyPolicy', 'kms:GetKeyPolicy')))
  const { Policy } = await session.succeed('GetKeyPolicy', { KeyId })
  const reserve = join(data, 'reserve')
  await until('the reserve is there', () => stat(reserve).catch(() => undefined))
  // The command fails when the disk is full, as intended.
  const fill = () => run('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4096']).catch(() => {})
  await fill()
  await untilReadyz(session, /^503 not ready: the disk is full/)
  const decrypt = { CiphertextBlob: String(CiphertextBlob) }
  await session.refused('Decrypt', decrypt, INTERNAL)
  await session.refused('UpdateKeyDescription', { KeyId, Description: 'x' }, INTERNAL)
  for (let look = 0; look < 20; look += 1) {
    assert.match(await probe(server, '/readyz'), /^503/)
    await session.refused('ListKeys', {}, INTERNAL)
  }
  const put = JSON.stringify({ KeyId, Policy: String(Policy).padEnd(8_000) })
  const statuses: number[] = []
  while (statuses.at(-1) !== 500 && statuses.length < 200) {
    statuses.push((await callRaw(server, 'TrentService.PutKeyPolicy', put, putter)).status)
  }
  assert.equal(statuses[0], 200)
  assert.equal(statuses.at(-1), 500, 'one principal has a share of the reserve')
  const inactive = { UserName: 'putter', AccessKeyId: putter.accessKeyId, Status: 'Inactive' } as const
  await iam.send(new UpdateAccessKeyCommand(inactive))
  await assert.rejects(iam.send(new UpdateAccessKeyCommand({ ...inactive, Status: 'Active' })))
  await session.succeed('RevokeGrant', { KeyId, GrantId: String(GrantId) })
  await session.succeed('DisableKey', { KeyId })
  await session.succeed('DisableKey', { KeyId })
  await session.succeed('ScheduleKeyDeletion', { KeyId: deleted })
  await rm(ballast)
  await untilReadyz(session, /^200/)
  await session.refused('Decrypt', decrypt, 'DisabledException')
  assert.equal(await server.stop(), 0)
  await using again = await startServer({ data })
  const later = new Session(again, new Set())
  await later.refused('Encrypt', { KeyId, Plaintext: PLAINTEXT }, 'DisabledException')
  const { KeyMetadata } = await later.succeed('DescribeKey', { KeyId: deleted })
  assert.equal((KeyMetadata as KeyMetadata).KeyState, 'PendingDeletion')
  const { Grants } = await later.succeed('ListGrants', { KeyId })
  assert.deepEqual(Grants, [])
}

type KeyMetadata = { readonly KeyId: string; readonly KeyState: string }
const ROOT = 'arn:aws:iam::000000000000:root'
