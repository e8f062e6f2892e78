import assert from 'node:assert/strict'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { systemClock, systemTimers } from '../base/ports.ts'
import { Gate, PACED_BYTES } from './gate.ts'
import { MemoryBudget } from './memory-budget.ts'
import { Peers } from './peers.ts'

const ROOM = { all: 1_000_000, address: 1_000_000 }
const BLANK_LINE = '\r\n\r\n'

/** A gate before a socket, what it has handed on, and what waits for a later turn. */
function bed() {
  const pieces: string[] = []
  const later: (() => void)[] = []
  const socket = new Socket()
  socket.on('data', (piece: Buffer) => pieces.push(piece.toString('latin1')))
  const peer = new Peers({ bound: ROOM, timers: systemTimers, reached: () => {} }).add(socket)
  const budget = new MemoryBudget({
    bound: ROOM,
    windowMs: 1000,
    windowMinBytes: 0,
    clock: systemClock,
    timers: systemTimers,
    reached: () => {},
  })
  const nothing = () => {}
  const gate = new Gate({
    socket,
    share: budget.openPatient(peer),
    later: nothing,
    receiveLater: (task) => void later.push(task),
    start: nothing,
    finished: nothing,
  })
  const send = (text: string) => void socket.emit('data', Buffer.from(text, 'latin1'))
  return { gate, socket, budget, pieces, later, send }
}

/** What a gate hands on of what comes in one piece, while no request is answered. */
function handedOn(text: string): readonly string[] {
  const { gate, pieces, send } = bed()
  send(text)
  gate.close()
  return pieces
}

test('Gate hands on a head and what follows it in one piece when no other head can be in it', () => {
  const request = `POST / HTTP/1.1\r\nHost: kms${BLANK_LINE}{"KeyId":"a"}`
  assert.deepEqual(handedOn(request), [request])
  const bare = `GET / HTTP/1.1${BLANK_LINE}`
  assert.deepEqual(handedOn(bare), [bare])
})

test('Gate hands on no piece in which two heads may end, wherever the ends of lines are', () => {
  const texts = fc.array(fc.constantFrom('\r', '\n', '\r\n', BLANK_LINE, 'a', 'bcd'), { maxLength: 40 })
  fc.assert(
    fc.property(texts, (parts) => {
      const text = parts.join('')
      const pieces = handedOn(text)
      assert.equal(pieces.join(''), text)
      if (text.split(BLANK_LINE).length < 3) assert.deepEqual(pieces, text === '' ? [] : [text])
      else assert.ok(pieces.every((piece) => piece.split(BLANK_LINE).length <= 2))
    }),
  )
})

/** A gate with a request of which only the head has come. */
function bedInBody() {
  const made = bed()
  const request = new IncomingMessage(made.socket)
  const bytes = { left: 10 * PACED_BYTES }
  made.gate.arrive({ request, response: new ServerResponse(request) })
  made.gate.expect(() => bytes.left)
  return { ...made, request }
}

test('Gate hands on a large piece of a body in a later turn, does not read meanwhile, and counts it', () => {
  const { gate, socket, budget, pieces, later, send } = bedInBody()
  const large = 'a'.repeat(PACED_BYTES)
  for (const turn of [1, 2]) {
    send(large)
    assert.deepEqual([pieces.length, later.length], [turn - 1, 1])
    assert.deepEqual([socket.isPaused(), budget.bytes], [true, PACED_BYTES])
    later.shift()?.()
    assert.deepEqual(pieces, Array(turn).fill(large))
    assert.deepEqual([socket.isPaused(), budget.bytes], [false, 0])
  }
  gate.close()
})

test('Gate hands on small pieces of a body at once', () => {
  const { gate, pieces, later, send } = bedInBody()
  send('a'.repeat(PACED_BYTES - 1))
  assert.deepEqual([pieces.length, later.length], [1, 0])
  gate.close()
})

test('Gate forgets a piece that waits for its turn when the connection closes', () => {
  const { gate, budget, pieces, later, send } = bedInBody()
  send('a'.repeat(PACED_BYTES))
  gate.close()
  assert.equal(budget.bytes, 0)
  later.shift()?.()
  assert.deepEqual(pieces, [])
})
