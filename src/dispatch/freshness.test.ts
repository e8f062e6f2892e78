import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Freshness } from './freshness.ts'

/** Turns that end when the test says so. */
function manualTurns() {
  const tasks: (() => void)[] = []
  return {
    afterThisTurn: (task: () => void) => void tasks.push(task),
    endTurn: () => {
      for (const task of tasks.splice(0)) task()
    },
  }
}

test('requests of one turn share one question, asked after the last of them has arrived', async () => {
  const { afterThisTurn, endTurn } = manualTurns()
  const asked: string[] = []
  const freshness = new Freshness({ refresh: () => void asked.push('asked') }, afterThisTurn)
  const first = freshness.reached()
  asked.push('first arrived')
  const second = freshness.reached()
  asked.push('second arrived')
  endTurn()
  await Promise.all([first, second])
  assert.deepEqual(asked, ['first arrived', 'second arrived', 'asked'])
})

test('a request that arrives after the question gets a question of its own', async () => {
  const { afterThisTurn, endTurn } = manualTurns()
  let asked = 0
  const refresh = (): undefined => {
    asked += 1
    return undefined
  }
  const freshness = new Freshness({ refresh }, afterThisTurn)
  const first = freshness.reached()
  endTurn()
  const second = freshness.reached()
  endTurn()
  await Promise.all([first, second])
  assert.equal(asked, 2)
})

test('a request waits until memory has caught up', async () => {
  const { afterThisTurn, endTurn } = manualTurns()
  const { promise, resolve } = Promise.withResolvers<void>()
  const freshness = new Freshness({ refresh: () => promise }, afterThisTurn)
  let reached = false
  const waiting = freshness.reached().then(() => {
    reached = true
  })
  endTurn()
  await new Promise((done) => setImmediate(done))
  assert.equal(reached, false)
  resolve()
  await waiting
  assert.equal(reached, true)
})

test('a store that cannot be asked fails every request of the turn, and the next turn asks again', async () => {
  const { afterThisTurn, endTurn } = manualTurns()
  let broken = true
  const refresh = (): undefined => {
    if (broken) throw new Error('the store is gone')
    return undefined
  }
  const freshness = new Freshness({ refresh }, afterThisTurn)
  const failing = [freshness.reached(), freshness.reached()].map((one) =>
    assert.rejects(one, /the store is gone/),
  )
  endTurn()
  await Promise.all(failing)
  broken = false
  const next = freshness.reached()
  endTurn()
  await next
})
