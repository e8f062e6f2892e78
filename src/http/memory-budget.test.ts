import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { MemoryBudget } from './memory-budget.ts'
import type { Network, Peer } from './peers.ts'

const WINDOW_MS = 1_000

function opened(bound: { all: number; address: number }) {
  const time = { ms: 10 * WINDOW_MS }
  const timers: (() => void)[] = []
  const state = { reached: 0 }
  const budget = new MemoryBudget({
    bound,
    windowMs: WINDOW_MS,
    windowMinBytes: 100,
    clock: { now: () => time.ms, monotonicMs: () => time.ms },
    timers: {
      after: (_, task) => {
        timers.push(task)
        return { cancel: () => {} }
      },
    },
    reached: () => {
      state.reached += 1
    },
  })
  const sweep = (): void => {
    for (const timer of timers.splice(0)) timer()
  }
  return { budget, time, sweep, state }
}

function network(name: string): Network {
  return { name, connections: 1, requests: 0, idle: new Set() }
}

function peer(of: Network): Peer {
  return {
    socket: new Socket(),
    network: of,
    isReserved: false,
    isProven: false,
    isCalling: false,
    closed: () => {},
  }
}

test('the part of an address that is full cuts off whoever of the address moves least', () => {
  const { budget, state } = opened({ all: 1_000, address: 300 })
  const [a, b] = [network('a'), network('b')]
  const [slow, fast, other] = [peer(a), peer(a), peer(b)].map((one) => budget.open(one))
  assert.ok(slow && fast && other)
  slow.moved(10)
  fast.moved(1_000)
  assert.ok(slow.hold(150) && fast.hold(150) && other.hold(300))
  assert.equal(fast.hold(1), true)
  assert.equal(slow.isOpen, false)
  assert.equal(slow.peer.socket.destroyed, true)
  assert.equal(slow.hold(1), false)
  assert.equal(other.isOpen, true)
  assert.equal(budget.bytes, 451)
  assert.equal(state.reached, 1)
})

test('a budget that is full cuts off of the address that holds most, never of others', () => {
  const { budget } = opened({ all: 500, address: 400 })
  const [a, b] = [network('a'), network('b')]
  const many = [budget.open(peer(a)), budget.open(peer(a))]
  for (const share of many) {
    share.moved(1_000)
    share.hold(200)
  }
  const honest = budget.open(peer(b))
  assert.equal(honest.hold(150), true)
  assert.deepEqual(many.map(({ isOpen }) => isOpen).sort(), [false, true])
})

test('what asks for more than its part is cut off itself', () => {
  const { budget } = opened({ all: 500, address: 100 })
  assert.equal(budget.open(peer(network('a'))).hold(101), false)
  assert.equal(budget.bytes, 0)
})

test('whoever moves next to nothing for two windows is cut off, but not who waits for the server', () => {
  const { budget, time, sweep } = opened({ all: 500, address: 500 })
  const a = network('a')
  const [still, moving, patient] = [budget.open(peer(a)), budget.open(peer(a)), budget.openPatient(peer(a))]
  for (const share of [still, moving, patient]) share.hold(10)
  still.moved(1_000)
  time.ms += 2 * WINDOW_MS - 1
  sweep()
  assert.equal(still.isOpen, true)
  time.ms += 1
  still.moved(99)
  moving.moved(100)
  sweep()
  assert.deepEqual([still.isOpen, moving.isOpen, patient.isOpen], [false, true, true])
  assert.equal(budget.bytes, 20)
})

test('a share that is closed holds nothing, and may be closed again', () => {
  const { budget } = opened({ all: 500, address: 500 })
  const share = budget.open(peer(network('a')))
  share.hold(100)
  share.release(40)
  assert.equal(budget.bytes, 60)
  share.close()
  share.close()
  assert.equal(budget.bytes, 0)
})
