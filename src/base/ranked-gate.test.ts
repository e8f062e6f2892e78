import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OffloadError } from './offload.ts'
import { RankedGate } from './ranked-gate.ts'

const FULL = (error: unknown) => error instanceof OffloadError && error.reason === 'full'

/** A gate whose only place is taken until `open`. */
function closedGate(waitingMax: number) {
  const gate = new RankedGate({ atOnce: 1, waitingMax })
  const { promise, resolve: open } = Promise.withResolvers<void>()
  const first = gate.run(0, () => promise)
  const begun: string[] = []
  const wait = (rank: number, name: string) =>
    gate.run(rank, async () => {
      begun.push(name)
    })
  return { first, open, wait, begun }
}

test('of those that wait, the lowest rank runs first, and equal ones in their order', async () => {
  const { first, open, wait, begun } = closedGate(10)
  const all = [wait(2, 'a'), wait(1, 'b'), wait(2, 'c'), wait(0, 'd'), wait(1, 'e')]
  open()
  await Promise.all([first, ...all])
  assert.deepEqual(begun, ['d', 'b', 'e', 'a', 'c'])
})

test('when too many wait, the last one of the highest rank is refused, whether it is there or comes', async () => {
  const { first, open, wait, begun } = closedGate(2)
  const [one, other] = [wait(1, 'a'), wait(1, 'b')]
  await assert.rejects(wait(1, 'equal'), FULL)
  await assert.rejects(wait(2, 'higher'), FULL)
  const lower = wait(0, 'lower')
  await assert.rejects(other, FULL)
  open()
  await Promise.all([first, one, lower])
  assert.deepEqual(begun, ['lower', 'a'])
})

test('a task that fails gives its place to the next', async () => {
  const gate = new RankedGate({ atOnce: 1, waitingMax: 1 })
  const failing = gate.run(0, () => Promise.reject(new Error('no')))
  const next = gate.run(0, async () => 'yes')
  await assert.rejects(failing, /^Error: no$/)
  assert.equal(await next, 'yes')
  assert.equal(await gate.run(0, async () => 'again'), 'again')
})
