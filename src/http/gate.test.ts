import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { systemClock, systemTimers } from '../base/ports.ts'
import { Gate } from './gate.ts'
import { Peers } from './peers.ts'
import { Pot } from './pot.ts'

const ROOM = { all: 1_000_000, address: 1_000_000 }
const BLANK_LINE = '\r\n\r\n'

/** What a gate hands on of what comes in one piece, while no request is answered. */
function handedOn(text: string): readonly string[] {
  const pieces: string[] = []
  const socket = new Socket()
  socket.on('data', (piece: Buffer) => pieces.push(piece.toString('latin1')))
  const peer = new Peers({ bound: ROOM, timers: systemTimers, reached: () => {} }).add(socket)
  const pot = new Pot({
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
    share: pot.openPatient(peer),
    later: nothing,
    start: nothing,
    finished: nothing,
  })
  socket.emit('data', Buffer.from(text, 'latin1'))
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
