import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { type Peer, Peers, RESERVED_CONNECTIONS } from './peers.ts'

/** A socket without a connection, which says where it comes from. */
function fakeSocket(remoteAddress: string, remotePort: number): Socket {
  const place = { remoteAddress, remotePort, localAddress: '192.0.2.1' }
  const properties = Object.entries(place).map(([name, value]) => [name, { value }] as const)
  return Object.defineProperties(new Socket(), Object.fromEntries(properties))
}

function opened(bound: { all: number; address: number }) {
  const timers = new Set<() => void>()
  const state = { reached: 0, port: 0 }
  const peers = new Peers({
    bound,
    timers: {
      after: (_, task) => {
        timers.add(task)
        return { cancel: () => void timers.delete(task) }
      },
    },
    reached: () => {
      state.reached += 1
    },
  })
  const add = (address: string): Peer => {
    state.port += 1
    return peers.add(fakeSocket(address, state.port))
  }
  return { peers, add, state, timers }
}

test('the longest idle connection of an address makes room for its next', () => {
  const { peers, add, state } = opened({ all: 10, address: 3 })
  const [first, second, third] = [add('a'), add('a'), add('a')]
  peers.busy(first)
  peers.idle(first)
  peers.busy(third)
  const fourth = add('a')
  assert.ok(second.socket.destroyed && !first.socket.destroyed && !fourth.isReserved)
  add('a')
  assert.ok(first.socket.destroyed && !third.socket.destroyed)
  assert.equal(peers.count, 3)
  assert.equal(state.reached, 2)
})

test('the address with most connections makes room when all are taken', () => {
  const { peers, add } = opened({ all: 6, address: 4 })
  const few = [add('a'), add('a')]
  const many = [add('b'), add('b'), add('b'), add('b')]
  assert.equal(add('c').isReserved, false)
  assert.deepEqual(
    [...few, ...many].map(({ socket }) => socket.destroyed),
    [false, false, true, false, false, false],
  )
  assert.equal(peers.count, 6)
})

test('addresses of one IPv6 network are one', () => {
  const { peers, add } = opened({ all: 10, address: 1 })
  const first = add('2001:db8::1')
  add('2001:db8::2')
  assert.ok(first.socket.destroyed)
  add('2001:db8:0:1::1')
  assert.equal(peers.count, 2)
})

test('where nothing is idle a connection is kept in reserve for a moment, and the oldest there goes first', () => {
  const { peers, add, timers } = opened({ all: 1, address: 1 })
  peers.busy(add('a'))
  const reserved = Array.from({ length: RESERVED_CONNECTIONS + 1 }, () => add('a'))
  assert.ok(reserved.every(({ isReserved }) => isReserved))
  assert.deepEqual(
    reserved.map(({ socket }) => socket.destroyed),
    reserved.map((_, at) => at === 0),
  )
  assert.equal(peers.count, 1 + RESERVED_CONNECTIONS)
  for (const timer of [...timers]) timer()
  assert.ok(reserved.every(({ socket }) => socket.destroyed))
})

test('a connection that is closed leaves its place', async () => {
  const { peers, add } = opened({ all: 1, address: 1 })
  const peer = add('a')
  peers.busy(peer)
  const closed = new Promise((resolve) => peer.socket.once('close', resolve))
  peer.socket.destroy()
  await closed
  assert.equal(peers.count, 0)
  assert.equal(peers.of(peer.socket), undefined)
  peers.idle(peer)
  assert.equal(add('a').isReserved, false)
})
