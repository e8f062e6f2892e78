import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TASKS_PER_TURN, Turns } from './turns.ts'

test('tasks are done in order, so many in each turn, and those that they add come last', () => {
  const ends: (() => void)[] = []
  const turns = new Turns((task) => void ends.push(task))
  const done: number[] = []
  const count = 2 * TASKS_PER_TURN + 1
  for (let task = 0; task < count; task += 1) turns.later(() => done.push(task))
  turns.later(() => turns.later(() => done.push(-1)))
  assert.equal(ends.length, 1)
  for (const lengths of [TASKS_PER_TURN, 2 * TASKS_PER_TURN, count, count + 1]) {
    ends.shift()?.()
    assert.equal(done.length, lengths)
  }
  assert.equal(ends.length, 0)
  assert.deepEqual(done, [...Array.from({ length: count }, (_, at) => at), -1])
})

test('so few tasks as are said are done in one turn', () => {
  const ends: (() => void)[] = []
  const turns = new Turns((task) => void ends.push(task), 2)
  const done: number[] = []
  for (let task = 0; task < 3; task += 1) turns.later(() => void done.push(task))
  ends.shift()?.()
  assert.deepEqual([done.length, ends.length], [2, 1])
  ends.shift()?.()
  assert.deepEqual([done.length, ends.length], [3, 0])
})
