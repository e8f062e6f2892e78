/** Makes the disk fail while a server starts and while it stops. */

import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { test } from 'node:test'
import { newKey } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import {
  readCredentials,
  type ServerProcess,
  spawnServer,
  startServer,
  temporaryFolder,
} from '../support/server.ts'
import { type TestBench, withBench } from './bench.ts'
import { campaign, describeFault } from './campaign.ts'
import { type Fault, openInjector } from './injector.ts'

const FIRST_START_STRIDE = 17
const STRIDE = 13

/** The format of an error for the operator: one line without a stack trace. */
const CLEAR_MESSAGE = /^holdfast: .{10,}$/m
const STACK = /^\s+at .+:\d+:\d+\)?$/m

test('a first start on a failing disk serves or reports an error, and the next one serves', async (context) => {
  const calls = await firstStart(undefined)
  let refused = 0
  let tried = 0
  for (const fault of campaign(calls, FIRST_START_STRIDE)) {
    tried += 1
    refused += await firstStart(fault)
  }
  context.diagnostic(`${calls} calls, ${tried} faults, ${refused} starts refused`)
  assert.ok(refused > 0)
})

test('a start after a crash on a failing disk serves or reports an error, and nothing is lost', async (context) => {
  await withBench(async (bench) => {
    const calls = await crashAndCount(bench)
    let refused = 0
    let tried = 0
    for (const fault of campaign(calls, STRIDE)) {
      tried += 1
      await leaveAfterCrash(bench)
      bench.injector.reset()
      bench.injector.fail(fault)
      const served = await startOrRefusal(spawnServer(bench.data, bench.injector.environment), fault)
      bench.injector.lift()
      if (!served) refused += 1
    }
    await leaveAfterCrash(bench)
    await bench.verify()
    context.diagnostic(`${calls} calls, ${tried} faults, ${refused} starts refused`)
  })
})

test('a server that is stopped while its disk fails ends, and nothing is lost', async (context) => {
  await withBench(async (bench) => {
    const calls = await stop(bench, undefined)
    let tried = 0
    for (const fault of campaign(calls, STRIDE)) {
      tried += 1
      await stop(bench, fault)
    }
    await stop(bench, undefined)
    await bench.assertRecorded()
    await bench.verify()
    context.diagnostic(`${calls} calls, ${tried} faults`)
  })
})

/**
 * Runs a first start. Returns its number of calls without a fault; with a fault, 1 if the start failed and 0 if the
 * server served.
 */
async function firstStart(fault: Fault | undefined): Promise<number> {
  const data = await temporaryFolder()
  await using injector = await openInjector(data)
  if (fault !== undefined) injector.fail(fault)
  const served = await startOrRefusal(spawnServer(data, injector.environment), fault)
  assert.ok(served || fault !== undefined)
  const calls = injector.calls()
  injector.lift()
  try {
    await using server = await startServer({ data })
    await newKey(server)
    assert.equal(await server.stop(), 0)
  } catch (error) {
    throw new Error(`after a first start whose ${describe(fault)}`, { cause: error })
  }
  const { status, errors } = await runHoldfast(data, 'audit', 'verify')
  assert.equal(status, 0, errors)
  await rm(data, { recursive: true, force: true })
  return fault === undefined ? calls : Number(!served)
}

/** Returns whether the server served, and kills it. Otherwise asserts that it ended by itself with a reason. */
async function startOrRefusal(server: ServerProcess, fault: Fault | undefined): Promise<boolean> {
  const served = await server.serves.then(
    () => true,
    () => false,
  )
  if (served) {
    // The server wrote its credentials before it served.
    await readCredentials(server.data)
    server.signal('SIGKILL')
    await server.ended
    return true
  }
  const errors = server.errors()
  assert.equal(await server.ended, 1, `${describe(fault)}: ${errors}`)
  assert.match(errors, CLEAR_MESSAGE, describe(fault))
  assert.doesNotMatch(errors, STACK, describe(fault))
  return false
}

/** Leaves a folder in the state after a kill: events in the outbox, and a log without its saved head. */
async function leaveAfterCrash(bench: TestBench): Promise<void> {
  const session = await bench.start()
  if (bench.model.keys.size === 0) await bench.scenario.prepare(session)
  await bench.scenario.run(session)
  await session.server.kill()
}

async function crashAndCount(bench: TestBench): Promise<number> {
  await leaveAfterCrash(bench)
  bench.injector.reset()
  assert.ok(await startOrRefusal(spawnServer(bench.data, bench.injector.environment), undefined))
  return bench.injector.calls()
}

/** Stops a server while its disk fails. Returns the number of calls of the stop. */
async function stop(bench: TestBench, fault: Fault | undefined): Promise<number> {
  const session = await bench.start()
  if (bench.model.keys.size === 0) await bench.scenario.prepare(session)
  await bench.scenario.run(session)
  bench.injector.reset()
  if (fault !== undefined) bench.injector.fail(fault)
  const status = await session.server.stop()
  const { errors } = session.server
  if (fault === undefined) assert.equal(status, 0)
  else if (status !== 0) {
    assert.equal(status, 1, `${describe(fault)}: ${errors()}`)
    assert.match(errors(), CLEAR_MESSAGE, describe(fault))
  }
  bench.injector.lift()
  return bench.injector.calls()
}

function describe(fault: Fault | undefined): string {
  return fault === undefined ? 'disk did not fail' : describeFault(fault)
}
