import assert from 'node:assert/strict'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { type Serving, serve } from './exchange.ts'
import { Gate } from './gate.ts'
import { MemoryBudget } from './memory-budget.ts'
import { Peers } from './peers.ts'
import { Penalties, REFUSED_BURST } from './penalties.ts'

const ROOM = { all: 1_000_000, address: 1_000_000 }

/** What serves a client whose calls are all refused, since nobody knows who makes them. */
function bed() {
  const tasks = new Set<() => void>()
  const timers: Serving['timers'] = {
    after: (_, task) => {
      tasks.add(task)
      return { cancel: () => void tasks.delete(task) }
    },
  }
  const clock = { now: () => 0, monotonicMs: () => 0 }
  const budget = () =>
    new MemoryBudget({ bound: ROOM, windowMs: 1, windowMinBytes: 0, clock, timers, reached: () => {} })
  const answer = {
    status: 403,
    mediaType: 'text/plain',
    requestId: '',
    body: '',
    isCallerUnknown: true,
  } as const
  const serving: Serving = {
    dependencies: { handle: async () => answer, refuse: async () => answer, unready: async () => undefined },
    peers: new Peers({ bound: ROOM, timers, reached: () => {} }),
    receiving: budget(),
    unread: budget(),
    penalties: new Penalties(clock),
    timers,
    requests: ROOM,
    state: { closing: false, requests: 0, delayed: new Set() },
  }
  const peer = serving.peers.add(new Socket())
  const { socket } = peer
  const nothing = () => {}
  const share = serving.receiving.openPatient(peer)
  const dependencies = { later: nothing, receiveLater: nothing, start: nothing, finished: nothing }
  const gate = new Gate({ socket, share, ...dependencies })
  for (let call = 0; call < REFUSED_BURST; call += 1) serving.penalties.charge(peer.network.name, 0)
  const ask = (announcedBytes: number) => {
    const request = new IncomingMessage(socket)
    const headers = ['Host', 'kms', 'Content-Length', String(announcedBytes)]
    Object.assign(request, { method: 'POST', url: '/', httpVersion: '1.1', rawHeaders: headers })
    const response = new ServerResponse(request)
    serve(serving, peer, gate, { request, response })
    request.push(null)
    return response
  }
  return { serving, tasks, ask }
}

/** As Node does it when the connection closes. */
function leave(response: ServerResponse): void {
  response.destroy()
  response.emit('close')
}

test('an answer that is held back is forgotten when its client goes away', async () => {
  const { serving, tasks, ask } = bed()
  const response = ask(0)
  await setImmediate()
  assert.deepEqual([serving.state.delayed.size, tasks.size], [1, 1])
  leave(response)
  assert.deepEqual([serving.state.delayed.size, tasks.size], [0, 0])
})

test('an answer to a client that has gone away is not held back', async () => {
  const { serving, tasks, ask } = bed()
  leave(ask(0))
  await setImmediate()
  assert.deepEqual([serving.state.delayed.size, tasks.size], [0, 0])
})

test('a large body that has to wait is forgotten when its client goes away', () => {
  const { serving, tasks, ask } = bed()
  serving.penalties.charge('', 0)
  const response = ask(1_000_000)
  assert.equal(tasks.size, 1)
  leave(response)
  assert.equal(tasks.size, 0)
})
