import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { ANY_NUMBER } from '../../test/support/unbounded-calls.ts'
import { KmsError } from '../api/errors.ts'
import { neverGiveWay } from '../base/slices.ts'
import { compilePolicy } from '../policy/compile.ts'
import { defaultKeyPolicy } from '../policy/key-policy.ts'
import { parsePolicy } from '../policy/parse.ts'
import { StoreConflict } from '../store/port.ts'
import type { Change } from '../store/records.ts'
import { CallsInFlight } from './calls-in-flight.ts'
import type { Call, Operation, Outcome, Permission } from './operation.ts'
import { MAX_RUNS, runOperation } from './pipeline.ts'
import { RecordQueues } from './record-queues.ts'

const ACCOUNT = '111122223333'
const ROOT = `arn:aws:iam::${ACCOUNT}:root`

function callWith(input: object): Call {
  return {
    requestId: 'a request',
    caller: {
      account: ACCOUNT,
      arn: ROOT,
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      principal: { type: 'Root', account: ACCOUNT, arn: ROOT },
      identityJson: '{}',
      keys: () => undefined,
      policies: () => ({ identity: [] }),
    },
    region: 'eu-west-1',
    input,
    now: 0,
    context: () => undefined,
    involve: () => {},
    redact: () => {},
    identify: () => {},
  }
}

const KEY_ARN = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1`

function permission(policy = defaultKeyPolicy(ACCOUNT), account = ACCOUNT): Permission {
  return {
    action: 'kms:Encrypt',
    resource: KEY_ARN,
    account,
    policy: compilePolicy(parsePolicy(policy, { flavour: 'key' })),
    context: () => undefined,
  }
}

type Steps = string[]

/** Nothing has changed since memory was made true. */
const never = async (): Promise<boolean> => false
const nowhere = (): object => ({})
/** The caller is as before. */
const authenticatedAgain = async (): Promise<Call> => callWith({})

/** An operation that notes its steps. */
function operation(
  steps: Steps,
  dependencies: Partial<{ permissions: Permission[]; check: () => void; outcome: Outcome }>,
): Operation {
  return {
    service: 'kms',
    name: 'Encrypt',
    readOnly: true,
    members: { DryRun: { data: { type: 'boolean' }, required: false } },
    parameters: () => null,
    begin: async () => {
      steps.push('begin')
      return {
        permissions: dependencies.permissions ?? [permission()],
        check: () => {
          steps.push('check')
          dependencies.check?.()
        },
        run: () => {
          steps.push('run')
          return dependencies.outcome ?? { output: {} }
        },
      }
    },
  }
}

function finish(steps: Steps): () => Promise<void> {
  return async () => void steps.push('finish')
}

const DENY = defaultKeyPolicy(ACCOUNT).replace('"Allow"', '"Deny"')

test('an operation is found, decided, checked, run and made durable in this order', async () => {
  const steps: Steps = []
  await runOperation(operation(steps, {}), callWith({}), {
    finish: finish(steps),
    renewed: never,
    authenticatedAgain,
    findPlace: nowhere,
    inFlight: ANY_NUMBER,
    queues: new RecordQueues(),
    giveWay: neverGiveWay,
  })
  assert.deepEqual(steps, ['begin', 'check', 'run', 'finish'])
})

test('a large call gives way between its decision and its work', async () => {
  const steps: Steps = []
  await runOperation(operation(steps, {}), callWith({}), {
    finish: finish(steps),
    renewed: never,
    authenticatedAgain,
    findPlace: nowhere,
    inFlight: ANY_NUMBER,
    queues: new RecordQueues(),
    giveWay: async () => void steps.push('others'),
  })
  assert.deepEqual(steps, ['begin', 'others', 'check', 'run', 'finish'])
})

test('a caller who is not allowed reaches neither the checks nor the code', async () => {
  const steps: Steps = []
  const denied = operation(steps, { permissions: [permission(), permission(DENY)] })
  await assert.rejects(
    runOperation(denied, callWith({}), {
      finish: finish(steps),
      renewed: never,
      authenticatedAgain,
      findPlace: nowhere,
      inFlight: ANY_NUMBER,
      queues: new RecordQueues(),
      giveWay: neverGiveWay,
    }),
    (error) => {
      assert.ok(error instanceof KmsError)
      assert.equal(error.code, 'AccessDeniedException')
      assert.equal(
        error.message,
        `User: ${ROOT} is not authorized to perform: kms:Encrypt on resource: ${KEY_ARN} with an explicit deny in a resource-based policy`,
      )
      return true
    },
  )
  assert.deepEqual(steps, ['begin'])
})

test('a key in a wrong state is not used, and nothing is made durable', async () => {
  const steps: Steps = []
  const check = (): void => {
    throw new KmsError('DisabledException', 'disabled')
  }
  await assert.rejects(
    runOperation(operation(steps, { check }), callWith({}), {
      finish: finish(steps),
      renewed: never,
      authenticatedAgain,
      findPlace: nowhere,
      inFlight: ANY_NUMBER,
      queues: new RecordQueues(),
      giveWay: neverGiveWay,
    }),
    /disabled/,
  )
  assert.deepEqual(steps, ['begin', 'check'])
})

test('a dry run computes everything, clears it, and makes nothing durable', async () => {
  const steps: Steps = []
  const outcome = { dispose: () => void steps.push('dispose') }
  await assert.rejects(
    runOperation(operation(steps, { outcome }), callWith({ DryRun: true }), {
      finish: finish(steps),
      renewed: never,
      authenticatedAgain,
      findPlace: nowhere,
      inFlight: ANY_NUMBER,
      queues: new RecordQueues(),
      giveWay: neverGiveWay,
    }),
    (error) => error instanceof KmsError && error.code === 'DryRunOperationException',
  )
  assert.deepEqual(steps, ['begin', 'check', 'run', 'dispose'])
})

test('a conflict runs the operation again from its reads', async () => {
  const steps: Steps = []
  let conflicts = 3
  const outcome = { dispose: () => void steps.push('dispose') }
  await runOperation(operation(steps, { outcome }), callWith({}), {
    renewed: never,
    authenticatedAgain,
    findPlace: nowhere,
    inFlight: ANY_NUMBER,
    queues: new RecordQueues(),
    giveWay: neverGiveWay,
    finish: async () => {
      if (conflicts === 0) return
      conflicts -= 1
      throw new StoreConflict('changed')
    },
  })
  assert.equal(steps.filter((step) => step === 'begin').length, 4)
  assert.equal(steps.filter((step) => step === 'dispose').length, 3)
})

const CHANGE: Change = { kind: 'key', partition: 'one', name: 'a', expected: 1, value: {} }

/** A call that is allowed as far as memory knows; another process has taken that away since. */
function revoked(queues: RecordQueues, finish: () => Promise<void>): Promise<Outcome> {
  const permissions = [permission()]
  const changing = operation([], { permissions, outcome: { changes: [CHANGE], output: {} } })
  const renewed = async (): Promise<boolean> => {
    const [known] = permissions.splice(0, 1, permission(DENY))
    return known?.policy !== permissions[0]?.policy
  }
  return runOperation(changing, callWith({}), {
    finish,
    renewed,
    authenticatedAgain,
    findPlace: nowhere,
    inFlight: ANY_NUMBER,
    queues,
    giveWay: neverGiveWay,
  })
}

test('a call that has waited for another is decided by what holds once it goes on', async () => {
  const queues = new RecordQueues()
  const steps: Steps = []
  const turn = queues.turn(() => false)
  assert.equal(turn.take([CHANGE]), undefined)
  const waiting = assert.rejects(revoked(queues, finish(steps)), { code: 'AccessDeniedException' })
  await setImmediate()
  turn.release()
  await waiting
  assert.deepEqual(steps, [])
  assert.equal(queues.size, 0)
})

test('a call that has met a conflict is decided by what holds once it runs again', async () => {
  let commits = 0
  const conflict = async (): Promise<void> => {
    commits += 1
    if (commits === 1) throw new StoreConflict('changed')
  }
  await assert.rejects(revoked(new RecordQueues(), conflict), { code: 'AccessDeniedException' })
  assert.equal(commits, 1)
})

test('conflicts without end are answered with ThrottlingException after a bounded number of runs', async () => {
  const steps: Steps = []
  const always = async (): Promise<void> => {
    throw new StoreConflict('changed')
  }
  await assert.rejects(
    runOperation(operation(steps, {}), callWith({}), {
      finish: always,
      renewed: never,
      authenticatedAgain,
      findPlace: nowhere,
      inFlight: ANY_NUMBER,
      queues: new RecordQueues(),
      giveWay: neverGiveWay,
    }),
    (error) => error instanceof KmsError && error.code === 'ThrottlingException',
  )
  assert.equal(steps.filter((step) => step === 'begin').length, MAX_RUNS)
})

test('an outcome that could not be made durable is cleared and not given', async () => {
  const steps: Steps = []
  const outcome = { dispose: () => void steps.push('dispose') }
  const broken = async (): Promise<void> => {
    throw new Error('the disk is full')
  }
  await assert.rejects(
    runOperation(operation(steps, { outcome }), callWith({}), {
      finish: broken,
      renewed: never,
      authenticatedAgain,
      findPlace: nowhere,
      inFlight: ANY_NUMBER,
      queues: new RecordQueues(),
      giveWay: neverGiveWay,
    }),
    /disk is full/,
  )
  assert.equal(steps.at(-1), 'dispose')
})

test('a refused call runs once more when something had changed meanwhile, and not a third time', async () => {
  const steps: Steps = []
  const denied = operation(steps, { permissions: [permission(DENY)] })
  const always = async (): Promise<boolean> => true
  const queues = new RecordQueues()
  const dependencies = {
    finish: finish(steps),
    renewed: always,
    authenticatedAgain,
    findPlace: nowhere,
    inFlight: ANY_NUMBER,
    queues,
    giveWay: neverGiveWay,
  }
  await assert.rejects(runOperation(denied, callWith({}), dependencies), { code: 'AccessDeniedException' })
  assert.deepEqual(steps, ['begin', 'begin'])
})

test('a call beyond what its caller may have answered at a time is throttled, and does nothing', async () => {
  const steps: Steps = []
  const { caller } = callWith({})
  const inFlight = new CallsInFlight({ account: 2, principal: 1 }, () => {})
  const queues = new RecordQueues()
  const dependencies = {
    finish: finish(steps),
    renewed: never,
    authenticatedAgain,
    findPlace: nowhere,
    inFlight,
    queues,
    giveWay: neverGiveWay,
  }
  assert.ok(inFlight.enter(caller, 'usual'))
  await assert.rejects(runOperation(operation(steps, {}), callWith({}), dependencies), {
    code: 'ThrottlingException',
  })
  assert.deepEqual(steps, [])
  inFlight.leave(caller, 'usual')
  const denied = operation(steps, { permissions: [permission(DENY)] })
  await assert.rejects(runOperation(denied, callWith({}), dependencies), { code: 'AccessDeniedException' })
  assert.equal(inFlight.count, 0)
})

test('an access key that is made active again is counted with usual calls, one that is made inactive with revocations', async () => {
  const steps: Steps = []
  const { caller } = callWith({})
  const inFlight = new CallsInFlight({ account: 1, principal: 1 }, () => {})
  const parts = {
    finish: finish(steps),
    renewed: never,
    authenticatedAgain,
    findPlace: nowhere,
    inFlight,
    queues: new RecordQueues(),
    giveWay: neverGiveWay,
  }
  const update: Operation = { ...operation(steps, {}), service: 'iam', name: 'UpdateAccessKey' }
  assert.ok(inFlight.enter(caller, 'usual'))
  await assert.rejects(runOperation(update, callWith({ Status: 'Active' }), parts), { code: /Throttling/ })
  await runOperation(update, callWith({ Status: 'Inactive' }), parts)
})
