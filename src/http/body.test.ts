import assert from 'node:assert/strict'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { systemClock, systemTimers } from '../base/ports.ts'
import { Receiving } from './body.ts'
import { MemoryBudget } from './memory-budget.ts'
import { Peers } from './peers.ts'

const LARGEST = 1_048_576
const ROOM = { all: 4 * LARGEST, address: 4 * LARGEST }

/** Receives a body in pieces; gives it, and how much memory was held before its end. */
async function receive(
  pieces: readonly Buffer[],
  { announced = true, bytes = ROOM.all }: { announced?: boolean; bytes?: number } = {},
) {
  const ports = { clock: systemClock, timers: systemTimers }
  const peers = new Peers({ bound: ROOM, timers: systemTimers, reached: () => {} })
  const bound = { all: bytes, address: bytes }
  const budget = new MemoryBudget({ bound, windowMs: 1000, windowMinBytes: 0, ...ports, reached: () => {} })
  const peer = peers.add(new Socket())
  const request = new IncomingMessage(peer.socket)
  const size = pieces.reduce((sum, { length }) => sum + length, 0)
  const length = ['Content-Length', String(size)]
  Object.assign(request, { rawHeaders: announced ? length : ['Transfer-Encoding', 'chunked'] })
  const bodies: (Uint8Array | undefined)[] = []
  new Receiving(request, {
    maxBytes: LARGEST,
    openShare: () => budget.open(peer),
    done: (body) => void bodies.push(body),
  })
  for (const piece of pieces) {
    request.push(piece)
    await setImmediate()
  }
  const held = budget.bytes
  request.push(null)
  await setImmediate()
  assert.equal(budget.bytes, 0)
  return { bodies, held, size }
}

const PIECE_SIZES = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 40_000 }))

test('a body is received whole, whatever its pieces are, and at most four times its size is held', async () => {
  const sizes = fc.array(PIECE_SIZES, { minLength: 1, maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(sizes, fc.boolean(), async (lengths, announced) => {
      const pieces = lengths.map((length, at) => Buffer.alloc(length, at + 1))
      const { bodies, held, size } = await receive(pieces, { announced })
      assert.deepEqual(bodies, [Buffer.concat(pieces)])
      assert.ok(held <= Math.max(4 * size, 65_536), `${held} bytes for ${size}`)
    }),
    { numRuns: 60 },
  )
})

test('a large body is not copied while it comes: what is held is what has come', async () => {
  const pieces = Array.from({ length: 16 }, () => Buffer.alloc(LARGEST / 16))
  const { held, bodies } = await receive(pieces)
  assert.equal(held, LARGEST)
  assert.equal(bodies[0]?.length, LARGEST)
})

test('a body in small pieces takes memory for what was sent, not for each piece', async () => {
  const { held, size } = await receive(Array.from({ length: 3000 }, () => Buffer.alloc(1)))
  assert.equal(size, 3000)
  assert.ok(held <= 4096, String(held))
})

test('a body is not handed on when its client was cut off', async () => {
  for (const size of [100, 20_000]) {
    const pieces = Array.from({ length: 10 }, () => Buffer.alloc(size))
    assert.deepEqual((await receive(pieces, { bytes: 5 * size })).bodies, [])
  }
})
