import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Change } from '../store/records.ts'
import { QUEUE_MAX, QueueFull, RecordQueues } from './record-queues.ts'

const usual = () => false
const urgent = () => true

function change(name: string): Change {
  return { kind: 'key', partition: 'p', name, expected: 1, value: {} }
}

test('a record is held by one after the other, in the order in which they came', async () => {
  const queues = new RecordQueues()
  const order: number[] = []
  const first = queues.turn(usual)
  assert.equal(first.take([change('a')]), undefined)
  const others = [1, 2, 3].map(async (number) => {
    const turn = queues.turn(usual)
    await turn.take([change('a')])
    order.push(number)
    assert.equal(turn.take([change('a'), change('b')]), undefined)
    turn.release()
  })
  first.release()
  await Promise.all(others)
  assert.deepEqual(order, [1, 2, 3])
  assert.equal(queues.size, 0)
})

test('who takes permissions away goes before others, and after who came before for the same', async () => {
  const queues = new RecordQueues()
  const first = queues.turn(usual)
  assert.equal(first.take([change('a')]), undefined)
  const order: string[] = []
  const wait = async (name: string, isUrgent: boolean) => {
    const turn = queues.turn(() => isUrgent)
    await turn.take([change('a')])
    order.push(name)
    turn.release()
  }
  const all = [wait('usual', false), wait('urgent', true), wait('urgent too', true)]
  first.release()
  await Promise.all(all)
  assert.deepEqual(order, ['urgent', 'urgent too', 'usual'])
})

test('who holds a record waits for no other, and other records are free', () => {
  const queues = new RecordQueues()
  const [a, b, c] = [queues.turn(usual), queues.turn(usual), queues.turn(usual)]
  assert.equal(a.take([change('a')]), undefined)
  assert.equal(b.take([change('b')]), undefined)
  assert.equal(b.take([change('a'), change('b')]), undefined)
  assert.equal(c.take([change('c')]), undefined)
  b.release()
  assert.equal(queues.size, 2)
  a.release()
  c.release()
  assert.equal(queues.size, 0)
})

test('a queue has a limit, but for who takes permissions away', () => {
  const queues = new RecordQueues()
  assert.equal(queues.turn(usual).take([change('a')]), undefined)
  for (let waiting = 0; waiting < QUEUE_MAX; waiting += 1) {
    assert.ok(queues.turn(usual).take([change('a')]) instanceof Promise)
  }
  assert.throws(() => queues.turn(usual).take([change('a')]), QueueFull)
  assert.ok(queues.turn(urgent).take([change('a')]) instanceof Promise)
})

test('one caller with many calls keeps nobody else waiting, nor out', async () => {
  const queues = new RecordQueues()
  const first = queues.turn(usual)
  assert.equal(first.take([change('a')]), undefined)
  const order: string[] = []
  const wait = async (name: string, isUrgent: boolean, whose: string) => {
    const turn = queues.turn(() => isUrgent, whose)
    await turn.take([change('a')])
    order.push(name)
    turn.release()
  }
  const flood = Array.from({ length: QUEUE_MAX }, (_, at) => wait(`eve ${at}`, true, 'eve'))
  const others = [wait('ada', true, 'ada'), wait('bob', false, 'bob'), wait('ada again', true, 'ada')]
  first.release()
  await Promise.all([...flood, ...others])
  assert.deepEqual(order.slice(0, 5), ['eve 0', 'ada', 'eve 1', 'ada again', 'eve 2'])
  assert.equal(order.at(-1), 'bob')
})
