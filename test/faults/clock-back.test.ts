/** Sets the clock back by hours, both while a server runs and before it starts. Calls succeed and no event is lost. */

import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { test } from 'node:test'
import { callRaw } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import { REGION } from '../support/kms.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { until } from '../support/until.ts'
import { Session } from './session.ts'
import { openShiftedClock } from './shifted-clock.ts'

const LOOKUP = 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents'
const BACK_MS = 2 * 3_600_000

/** The number of events with a name that a lookup finds. */
async function countEvents(server: TestServer, name: string, now: number): Promise<number> {
  const question = {
    LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: name }],
    // Events from before the change of the clock are later than the present time.
    EndTime: Math.ceil((now + BACK_MS) / 1000) + 60,
  }
  const options = { service: 'cloudtrail', region: REGION, now }
  const answer = await until('a lookup is admitted', async () => {
    const asked = await callRaw(server, LOOKUP, JSON.stringify(question), options)
    return asked.status === 200 ? asked : undefined
  })
  return (answer.json as { readonly Events: readonly unknown[] }).Events.length
}

test('a clock set back by two hours stops no call and loses no event, and audit verify reports it', async () => {
  await using clock = await openShiftedClock()
  const data = await temporaryFolder()
  const { environment } = clock
  const acknowledged = new Set<string>()
  const made: { readonly key: string; readonly blob: unknown }[] = []
  const use = async (session: Session): Promise<void> => {
    const { KeyMetadata } = (await session.succeed('CreateKey', {})) as { KeyMetadata: { KeyId: string } }
    const key = KeyMetadata.KeyId
    const { CiphertextBlob: blob } = await session.succeed('Encrypt', { KeyId: key, Plaintext: 'AAAA' })
    made.push({ key, blob })
    await session.succeed('ScheduleKeyDeletion', { KeyId: key, PendingWindowInDays: 7 })
    await session.succeed('CancelKeyDeletion', { KeyId: key })
    await session.succeed('EnableKey', { KeyId: key })
    for (const earlier of made) {
      const { Plaintext } = await session.succeed('Decrypt', { CiphertextBlob: earlier.blob as string })
      assert.equal(Plaintext, 'AAAA')
    }
  }
  {
    await using server = await startServer({ data, environment })
    const session = new Session(server, acknowledged, clock.now)
    await use(session)
    clock.advance(-BACK_MS)
    await use(session)
    assert.equal(await countEvents(server, 'CreateKey', clock.now()), 2)
    assert.equal(await server.stop(), 0)
  }
  {
    await using server = await startServer({ data, environment })
    await use(new Session(server, acknowledged, clock.now))
    clock.advance(BACK_MS)
    await use(new Session(server, acknowledged, clock.now))
    assert.equal(await countEvents(server, 'CreateKey', clock.now()), 4)
    assert.equal(await countEvents(server, 'Decrypt', clock.now()), 1 + 2 + 3 + 4)
    assert.equal(await server.stop(), 0)
  }
  const { status, output, errors } = await runHoldfast(data, 'audit', 'verify')
  assert.equal(status, 0, `${output}${errors}`)
  assert.match(errors, /^warning: the clock went back in 1 places$/m)
  await rm(data, { recursive: true })
})
