import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { ANY_NUMBER, NO_FULL_DISK } from '../../test/support/unbounded-calls.ts'
import { KmsError } from '../api/errors.ts'
import type { FormattedEvent } from '../audit/events/service-event.ts'
import { silentLog } from '../base/log.ts'
import { systemAfterThisTurn, systemClock, systemRandom } from '../base/ports.ts'
import { neverGiveWay } from '../base/slices.ts'
import { signRequest } from '../sigv4/sign.ts'
import { SigningKeys } from '../sigv4/signing-key.ts'
import { StoreConflict } from '../store/port.ts'
import type { Change } from '../store/records.ts'
import { createDispatcher, type DispatcherDependencies } from './dispatcher.ts'
import { Freshness } from './freshness.ts'
import type { Operation, Outcome } from './operation.ts'
import { RecordQueues } from './record-queues.ts'
import { createRouting } from './routing.ts'
import type { WireRequest } from './wire.ts'

const ACCOUNT = '111122223333'
const ARN = `arn:aws:iam::${ACCOUNT}:root`
const CREDENTIALS = { accessKeyId: 'AKIAAAAAAAAAAAAAAAAA', secretAccessKey: 'secret' }

const caller = {
  account: ACCOUNT,
  arn: ARN,
  accessKeyId: CREDENTIALS.accessKeyId,
  principal: { type: 'Root', account: ACCOUNT, arn: ARN },
  identityJson: '{}',
  keys: () => undefined,
  policies: () => ({ identity: [] }),
} as const

/** An operation that has this outcome and needs no permission. */
function operationWith(outcome: Outcome): Operation {
  return {
    service: 'kms',
    name: 'Give',
    readOnly: true,
    members: {},
    parameters: () => null,
    begin: async () => ({ permissions: [], check: () => {}, run: () => outcome }),
  }
}

/** The dependencies of a dispatcher that serves one operation, and whose audit log takes what it gets. */
function dependenciesWith(
  operation: Operation,
  append: (event: string) => Promise<void>,
): DispatcherDependencies {
  const journal = {
    append,
    commit: (_changes: unknown, events: readonly FormattedEvent[]) => append(events[0]?.json ?? ''),
  }
  return {
    routing: createRouting([operation]),
    findCredential: async () => ({ caller, secretAccessKey: CREDENTIALS.secretAccessKey }),
    signingKeys: new SigningKeys(),
    freshness: new Freshness({ refresh: () => undefined }, systemAfterThisTurn),
    findPlace: () => ({}),
    inFlight: ANY_NUMBER,
    queues: new RecordQueues(),
    urgentCalls: NO_FULL_DISK,
    journal,
    refusals: { admit: () => true, journal, random: systemRandom, account: ACCOUNT },
    quotas: { admit: () => true, chargeAudit: () => {} },
    admitThrottled: () => true,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    giveWay: neverGiveWay,
  }
}

function signedRequest(): WireRequest {
  const rawHeaders = ['host', 'localhost', 'x-amz-target', 'TrentService.Give']
  const request = { method: 'POST', target: '/', rawHeaders, body: Buffer.from('{}') }
  const scope = { credentials: CREDENTIALS, region: 'eu-west-1', service: 'kms', now: Date.now() }
  const connection = { address: '127.0.0.1', tls: undefined }
  return { ...request, rawHeaders: [...rawHeaders, ...signRequest(request, scope)], connection }
}

test('a dispatcher has cleared the plaintext of an answer before it gives the answer', async () => {
  const plaintext = Buffer.from('secret')
  const outcome = { output: { Plaintext: plaintext }, dispose: () => void plaintext.fill(0) }
  const { handle } = createDispatcher(dependenciesWith(operationWith(outcome), async () => {}))
  const { status, body } = await handle(signedRequest())
  assert.equal(status, 200)
  assert.equal(body, '{"Plaintext":"c2VjcmV0"}')
  assert.deepEqual(plaintext, Buffer.alloc(6))
})

test('a dispatcher clears the plaintext of an answer whose event cannot be recorded', async () => {
  const plaintext = Buffer.from('secret')
  const outcome = { output: { Plaintext: plaintext }, dispose: () => void plaintext.fill(0) }
  const full = () => Promise.reject(new Error('no space'))
  const { handle } = createDispatcher(dependenciesWith(operationWith(outcome), full))
  const { status, body } = await handle(signedRequest())
  assert.equal(status, 500)
  assert.match(body, /^\{"__type":"KMSInternalException"/)
  assert.deepEqual(plaintext, Buffer.alloc(6))
})

test('a call is charged once for what is in the log: not for commits that met others, nor for what was not written', async () => {
  const change: Change = { kind: 'key', partition: 'p', name: 'a', expected: 1, value: {} }
  const operation = { ...operationWith({ output: {}, changes: [change] }), readOnly: false }
  let charged = 0
  let written = ''
  let conflicts = 2
  let isFull = false
  const commit = async (_changes: unknown, events: readonly FormattedEvent[]) => {
    if (isFull) throw new Error('the disk is full')
    conflicts -= 1
    if (conflicts >= 0) throw new StoreConflict('others were faster')
    written += events.map(({ json }) => json).join('')
  }
  const append = async (json: string) => {
    if (isFull) throw new Error('the disk is full')
    written += json
  }
  const { handle } = createDispatcher({
    ...dependenciesWith(operation, append),
    journal: { append, commit },
    quotas: {
      admit: () => true,
      chargeAudit: (_account, size) => {
        charged += size
      },
    },
  })
  assert.equal((await handle(signedRequest())).status, 200)
  assert.ok(written.length > 0)
  assert.equal(charged, written.length)
  isFull = true
  assert.equal((await handle(signedRequest())).status, 500)
  assert.equal(charged, written.length)
})

test('what refuses an unsigned call is recorded up to a rate and charged to nobody, whoever calls', async () => {
  const signed = operationWith({ output: {} })
  const refusing: Operation = {
    ...signed,
    service: 'sts',
    name: 'AssumeRoleWithWebIdentity',
    unsigned: true,
    begin: async (call) => {
      call.identify({ account: ACCOUNT, identityJson: '{"type":"WebIdentityUser"}' })
      throw new KmsError('AccessDeniedException', 'refused')
    },
  }
  const events: string[] = []
  const charged: string[] = []
  let left = 1
  const dependencies = dependenciesWith(refusing, async (event) => void events.push(event))
  const { handle } = createDispatcher({
    ...dependencies,
    refusals: { ...dependencies.refusals, admit: () => left-- > 0 },
    quotas: { admit: () => true, chargeAudit: (account) => void charged.push(account) },
  })
  const target = '/?Action=AssumeRoleWithWebIdentity&Version=2011-06-15'
  const connection = { address: '127.0.0.1', tls: undefined }
  const request = {
    method: 'GET',
    target,
    rawHeaders: ['host', 'localhost'],
    body: Buffer.alloc(0),
    connection,
  }
  for (let round = 0; round < 3; round += 1) assert.equal((await handle(request)).status, 403)
  assert.equal(events.length, 1)
  assert.match(events[0] ?? '', /"userIdentity":\{"type":"WebIdentityUser"\}/)
  assert.deepEqual(charged, [])
})

const CHANGE: Change = { kind: 'key', partition: 'p', name: 'a', expected: 1, value: {} }

/** A dispatcher whose commits wait until they are released; the first of them may meet a conflict. */
function waitingDispatcher(began: string[], conflicts: number) {
  const findCredential = { found: caller as typeof caller | undefined }
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const commits: string[] = []
  const refused: string[] = []
  let conflictsLeft = conflicts
  const operation: Operation = {
    ...operationWith({ output: {}, changes: [CHANGE] }),
    readOnly: false,
    begin: async (call) => {
      began.push(call.caller.arn)
      return { permissions: [], check: () => {}, run: () => ({ output: {}, changes: [CHANGE] }) }
    },
  }
  const dependencies = dependenciesWith(operation, async (event) => void refused.push(event))
  const commit = async (): Promise<void> => {
    await released
    if (conflictsLeft-- > 0) throw new StoreConflict('others were faster')
    commits.push('done')
  }
  const { handle } = createDispatcher({
    ...dependencies,
    findCredential: async () => {
      const { found } = findCredential
      return found && { caller: found, secretAccessKey: CREDENTIALS.secretAccessKey }
    },
    journal: { ...dependencies.journal, commit },
  })
  return { handle, findCredential, release, commits, refused }
}

test('a call that has waited for another is refused if its access key was deactivated meanwhile', async () => {
  const { handle, findCredential, release, commits, refused } = waitingDispatcher([], 0)
  const [first, second] = [handle(signedRequest()), handle(signedRequest())]
  await setImmediate()
  findCredential.found = undefined
  release()
  assert.equal((await first).status, 200)
  const { status, body } = await second
  assert.equal(status, 400)
  assert.match(body, /UnrecognizedClientException/)
  assert.deepEqual(commits, ['done'])
  assert.match(refused[0] ?? '', /"errorCode":"UnrecognizedClientException"/)
})

test('a call that has met a conflict is refused if its access key was deactivated meanwhile', async () => {
  const { handle, findCredential, release, commits } = waitingDispatcher([], 1)
  const call = handle(signedRequest())
  await setImmediate()
  findCredential.found = undefined
  release()
  assert.match((await call).body, /UnrecognizedClientException/)
  assert.deepEqual(commits, [])
})

test('a call that has waited for another is decided for the caller as it is now', async () => {
  const began: string[] = []
  const { handle, findCredential, release } = waitingDispatcher(began, 0)
  const calls = [handle(signedRequest()), handle(signedRequest())]
  await setImmediate()
  const renamed = `arn:aws:iam::${ACCOUNT}:user/renamed`
  findCredential.found = { ...caller, arn: renamed as typeof ARN }
  release()
  await Promise.all(calls)
  assert.deepEqual(began, [ARN, ARN, renamed])
})
