/** `holdfast policy what-if`: a policy that is tried on recorded calls does, once it is put, what was said. */

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  DeleteUserPolicyCommand,
  type IAMClient,
} from '@aws-sdk/client-iam'
import { call, newKey, succeed } from '../support/calls.ts'
import { type Finished, runHoldfast } from '../support/command.ts'
import { allow, iamClient, newUser, policyText } from '../support/iam.ts'
import { type Credentials, startServer, type TestServer } from '../support/server.ts'

const ROOT = { AWS: 'arn:aws:iam::000000000000:root' }
const ALL = { Effect: 'Allow', Principal: ROOT, Action: 'kms:*', Resource: '*' }
const REGION = 'eu-west-1'

let server: TestServer
let iam: IAMClient
let keyId: string
let ada: Credentials
let bob: Credentials

before(async () => {
  server = await startServer()
  iam = iamClient(server)
  keyId = await newKey(server)
  ada = await newUser(iam, 'ada', policyText(allow('kms:Encrypt')))
  bob = await newUser(iam, 'bob')
  for (const app of ['ledger', 'ledger', 'other']) await encrypt(ada, { app })
  await encrypt(bob, { app: 'ledger' })
})

after(async () => {
  iam.destroy()
  await server[Symbol.asyncDispose]()
})

function encrypt(as: Credentials, EncryptionContext: Record<string, string>) {
  return call(server, 'Encrypt', { KeyId: keyId, Plaintext: 'AAAA', EncryptionContext }, { ...as })
}

async function whatIf(policy: string, ...args: readonly string[]): Promise<Finished> {
  const file = join(server.data, 'new-policy.json')
  await writeFile(file, policy)
  const key = ['--key', keyId, '--region', REGION, '--days', '1']
  return runHoldfast(server.data, 'policy', 'what-if', '--file', file, ...key, ...args)
}

/** Lets nobody encrypt for another app than the ledger, and lets bob encrypt. */
const PROPOSED = policyText(
  ALL,
  {
    Sid: 'OnlyLedger',
    Effect: 'Deny',
    Principal: '*',
    Action: 'kms:Encrypt',
    Resource: '*',
    Condition: { StringNotEquals: { 'kms:EncryptionContext:app': 'ledger' } },
  },
  {
    Sid: 'Bob',
    Effect: 'Allow',
    Principal: { AWS: 'arn:aws:iam::000000000000:user/bob' },
    Action: 'kms:Encrypt',
    Resource: '*',
  },
)

test('what-if says which recorded calls would change, both ways, and changes nothing', async () => {
  const { status, output, errors } = await whatIf(PROPOSED)
  assert.equal(status, 3, errors)
  assert.match(output, /^key {6}arn:aws:kms:eu-west-1:000000000000:key\/\S+$/m)
  assert.match(
    output,
    /^policy {3}valid, and arn:aws:iam::000000000000:root passes the policy lockout safety check$/m,
  )
  // CreateKey names the key too.
  assert.match(output, /^calls {4}5 calls in the last 1 day; 5 decided by both policies$/m)
  assert.match(
    output,
    /^Allowed now, and REFUSED by the new policy: 1 call\n {2}1 call of kms:Encrypt by \S+:user\/ada\n.*\n {4}Denied by statement 2 \("OnlyLedger"\) of the resource-based policy\.\n {4}for example event \S+$/m,
  )
  assert.match(
    output,
    /^Refused now, and ALLOWED by the new policy: 1 call\n {2}1 call of kms:Encrypt by \S+:user\/bob$/m,
  )
  assert.equal((await encrypt(ada, { app: 'other' })).code, undefined)
})

test('what-if is right about what the policy does once it is put', async () => {
  const { changes } = JSON.parse((await whatIf(PROPOSED, '--json')).output)
  const before = await succeed(server, 'GetKeyPolicy', { KeyId: keyId })
  await succeed(server, 'PutKeyPolicy', { KeyId: keyId, Policy: PROPOSED })
  assert.equal((await encrypt(ada, { app: 'ledger' })).code, undefined)
  assert.equal((await encrypt(ada, { app: 'other' })).code, 'AccessDeniedException')
  assert.equal((await encrypt(bob, { app: 'ledger' })).code, undefined)
  await succeed(server, 'PutKeyPolicy', { KeyId: keyId, Policy: String(before['Policy']) })
  const summary = changes.map(({ becomes, principal }: { becomes: string; principal: string }) => [
    becomes,
    principal,
  ])
  assert.deepEqual(summary, [
    ['refused', 'arn:aws:iam::000000000000:user/ada'],
    ['allowed', 'arn:aws:iam::000000000000:user/bob'],
  ])
})

test('what-if says nothing would change for a policy that says the same', async () => {
  const { status, output } = await whatIf(policyText(ALL))
  assert.equal(status, 0)
  assert.match(output, /^No call would change\.$/m)
})

test('what-if counts the calls that it cannot decide, and those that other policies decide otherwise by now', async () => {
  const cas = await newUser(iam, 'cas', policyText(allow('kms:Encrypt')))
  await encrypt(cas, { app: 'ledger' })
  await iam.send(new DeleteUserPolicyCommand({ UserName: 'cas', PolicyName: 'own' }))
  const moved = JSON.parse((await whatIf(policyText(ALL), '--json')).output)
  assert.equal(moved.movedOn >= 1, true)
  await iam.send(new DeleteAccessKeyCommand({ UserName: 'cas', AccessKeyId: cas.accessKeyId }))
  await iam.send(new DeleteUserCommand({ UserName: 'cas' }))
  const { output } = await whatIf(policyText(ALL))
  assert.match(
    output,
    /^Calls that could not be decided again: 1\n {2}1: its caller arn:aws:iam::000000000000:user\/cas is gone \(event \S+\)$/m,
  )
})

test('what-if checks a policy as PutKeyPolicy does', async () => {
  const nobody = policyText({ ...ALL, Action: 'kms:Encrypt' })
  const locked = await whatIf(nobody)
  assert.equal(locked.status, 3)
  assert.match(
    locked.output,
    /^policy {3}valid, but PutKeyPolicy refuses it from arn:aws:iam::000000000000:root, who/m,
  )
  for (const policy of [
    'no JSON',
    policyText({ ...ALL, Principal: { AWS: 'arn:aws:iam::000000000000:user/none' } }),
  ]) {
    const put = await call(server, 'PutKeyPolicy', { KeyId: keyId, Policy: policy })
    const { status, errors } = await whatIf(policy)
    assert.equal(status, 2)
    assert.match(errors, /^holdfast: --file: invalid policy in '[^']+\.json': /)
    assert.ok(errors.endsWith(`': ${put.message}\n`), errors)
  }
})

test('what-if refuses a key that is not there, and a number of days that is none', async () => {
  const { status, errors } = await whatIf(policyText(ALL), '--key', 'alias/none')
  assert.equal(status, 2)
  assert.match(errors, /There is no key alias\/none/)
  for (const days of ['0', '36526', 'x']) {
    assert.match((await whatIf(policyText(ALL), '--days', days)).errors, /^holdfast: --days: expected/)
  }
})

test('what a policy file that is refused holds does nothing to the terminal', async () => {
  const { status, errors } = await whatIf('{"Version":"\u001b]0;title\u0007\u001b[2J\u009b31m"}')
  assert.equal(status, 2)
  assert.match(errors, /\\u\{1b\}\]0;title/)
  assert.doesNotMatch(errors.replaceAll('\n', ''), /\p{Cc}/u)
})
