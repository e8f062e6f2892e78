import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemTimers } from '../base/ports.ts'
import { TokenFailure, type TokenReason } from './failure.ts'
import { encodeFrame, FrameReader } from './frames.ts'
import { encodeCall, parseAnswer, parseCall } from './messages.ts'
import { TokenClient } from './token-client.ts'

const NOWHERE = {
  name: 'hsm',
  module: '/nowhere/library.so',
  label: 'production',
  serial: undefined,
  pinFile: '/nowhere/pin',
  environment: {},
}

async function reasonOf(asking: Promise<unknown>): Promise<TokenReason | 'none'> {
  try {
    await asking
    return 'none'
  } catch (error) {
    assert.ok(error instanceof TokenFailure)
    return error.reason
  }
}

test('a library that cannot be loaded fails every call, and its process starts again only after a pause', async () => {
  const clock = { now: 0, monotonicMs: () => clock.now }
  const ended: unknown[] = []
  const log = { warn: (_: string, facts?: { readonly why?: unknown }) => void ended.push(facts?.why) }
  const pins = {
    claim: () => Promise.reject(new Error('no login')),
    refused: () => undefined,
    refuse: () => {},
  }
  using client = new TokenClient(NOWHERE, { timeoutMs: 60_000, timers: systemTimers, clock, log, pins })
  const ask = () => reasonOf(client.ask({ name: 'facts' }))
  // One more than may wait: the opening waits too.
  const reasons = await Promise.all(Array.from({ length: 300 }, ask))
  assert.deepEqual([...new Set(reasons)].toSorted(), ['Busy', 'ModuleFailed'])
  assert.equal(ended.length, 1)
  assert.match(String(ended[0]), /token hsm: the module \/nowhere\/library\.so cannot be loaded/)
  clock.now = 499
  assert.equal(await ask(), 'ModuleFailed')
  assert.equal(ended.length, 1)
  clock.now = 500
  assert.equal(await ask(), 'ModuleFailed')
  assert.equal(ended.length, 2)
  clock.now = 1499
  assert.equal(await ask(), 'ModuleFailed')
  assert.equal(ended.length, 2, 'the second pause is twice as long')
})

const frameOf = (header: object, pieces: readonly Uint8Array[] = []) => {
  const [frame] = new FrameReader().push(encodeFrame(header, pieces))
  assert.ok(frame !== undefined)
  return frame
}

test('an answer that does not have the form of one is none', () => {
  const bytes = new Uint8Array([1, 2])
  assert.deepEqual(parseAnswer(frameOf({ id: 1, texts: ['a'] }, [bytes])), {
    id: 1,
    result: { bytes: [bytes], texts: ['a'] },
  })
  for (const wrong of [
    ...[{}, { id: '1', texts: [] }, { id: 1 }, { id: 1, texts: [1] }],
    { id: 1, texts: Array.from({ length: 9 }, () => '') },
    { id: 1, failure: { reason: 'Other', message: 'x' } },
    { id: 1, failure: { reason: 'Failed' } },
  ]) {
    assert.equal(parseAnswer(frameOf(wrong)), undefined)
  }
})

test('frames arrive in whatever chunks, and bytes that are none are refused', () => {
  const call = {
    name: 'encrypt',
    label: 'k',
    iv: new Uint8Array(12),
    data: new Uint8Array([7]),
    aad: bytesOf(3),
  } as const
  const sent = Buffer.concat([encodeCall(1, call), encodeCall(2, { name: 'facts' })])
  for (const size of [1, 3, 50, sent.length]) {
    const reader = new FrameReader()
    const calls = []
    for (let at = 0; at < sent.length; at += size)
      calls.push(...reader.push(sent.subarray(at, at + size)).map(parseCall))
    assert.deepEqual(calls, [
      { id: 1, call },
      { id: 2, call: { name: 'facts' } },
    ])
  }
  for (let at = 0; at < 8; at += 1) {
    const spoiled = Buffer.from(encodeCall(1, call))
    spoiled.writeUInt8(0xff, at)
    const reader = new FrameReader()
    const refuses = () => {
      if (reader.push(spoiled).length === 0) throw new Error('it waits for more')
    }
    assert.throws(refuses)
  }
  for (const text of ['{}', '[]', '{', '{"sizes":[-1]}', '{"sizes":[1e9]}', '{"sizes":[1]}']) {
    const header = Buffer.from(text)
    const frame = Buffer.alloc(8)
    frame.writeUInt32BE(4 + header.length, 0)
    frame.writeUInt32BE(header.length, 4)
    assert.throws(() => new FrameReader().push(Buffer.concat([frame, header])))
  }
})

function bytesOf(size: number): Uint8Array {
  return new Uint8Array(size).fill(9)
}
