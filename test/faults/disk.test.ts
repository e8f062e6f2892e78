/** Makes the disk fail at each call of a fixed scenario. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRunning, type TestBench, withBench } from './bench.ts'
import { campaign, describeFault } from './campaign.ts'
import type { Fault } from './injector.ts'
import type { Session } from './session.ts'

/** A slice tests every 13th call. The number is prime, so that the slice includes calls of all kinds. */
const STRIDE = 13

test('faults reach the calls of SQLite, of its writer thread and of the audit log', async () => {
  await withBench(async (bench) => {
    const session = await bench.start()
    for (const [file, operation] of [
      ['/holdfast.db-wal', 'EnableKey'],
      ['/audit/node-0/0', 'DescribeKey'],
    ] as const) {
      await bench.scenario.prepare(session)
      const [keyId = ''] = bench.model.keys.keys()
      bench.injector.reset(file)
      await session.succeed(operation, { KeyId: keyId })
      assert.ok(bench.injector.calls() > 0, `nothing was written to ${file}`)
    }
    assert.equal(await session.server.stop(), 0)
  })
})

test('a call on a failing disk fails and changes nothing, and the server recovers when the disk does', async (context) => {
  await withBench(async (bench) => {
    const calls = await countCalls(bench)
    context.diagnostic(`${calls} calls`)
    let tried = 0
    let session = await bench.start()
    for (const fault of campaign(calls, STRIDE)) {
      await explain(fault, session, () => failAndResume(bench, session, fault))
      // Alternates between a clean stop and a kill.
      if (tried % 2 === 0) await session.server.kill()
      else assert.equal(await session.server.stop(), 0)
      tried += 1
      session = await explain(fault, session, () => bench.start())
    }
    assert.equal(await session.server.stop(), 0)
    await bench.assertRecorded()
    await bench.verify()
    context.diagnostic(`${tried} faults`)
  })
})

test('a server that is killed while its disk fails has lost nothing that it has acknowledged', async (context) => {
  await withBench(async (bench) => {
    const calls = await countCalls(bench)
    let tried = 0
    for (const fault of campaign(calls, STRIDE)) {
      if (fault.mode === 'once') continue
      tried += 1
      const session = await bench.start()
      await explain(fault, session, async () => {
        bench.injector.reset()
        bench.injector.fail(fault)
        const failed = await bench.scenario.run(session)
        assert.ok(isRunning(session.server))
        await session.server.kill()
        // The file holds a commit whose sync failed. The server can undo it only after the disk recovers.
        bench.scenario.expectPerhaps(failed)
        bench.injector.lift()
        await (await bench.start()).server.kill()
      })
    }
    await bench.verify()
    context.diagnostic(`${tried} faults`)
  })
})

/** The number of calls that the scenario makes without a fault. */
async function countCalls(bench: TestBench): Promise<number> {
  const session = await bench.start()
  await bench.scenario.prepare(session)
  bench.injector.reset()
  assert.deepEqual(await bench.scenario.run(session), [])
  const calls = bench.injector.calls()
  assert.equal(await session.server.stop(), 0)
  return calls
}

async function failAndResume(bench: TestBench, session: Session, fault: Fault): Promise<void> {
  const { injector, scenario, model } = bench
  const [firstKey = ''] = model.keys.keys()
  injector.reset()
  injector.fail(fault)
  await scenario.run(session)
  assert.ok(isRunning(session.server))
  injector.lift()
  await bench.resume(session, firstKey)
  await bench.check(session)
}

/** Adds the fault to the message of a failure. */
async function explain<T>(fault: Fault, session: Session, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    const said = session.server.errors().split('\n').slice(-12).join('\n')
    throw new Error(`${describeFault(fault)}\n${said}`, { cause: error })
  }
}
