import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemTimers } from '../base/ports.ts'
import { TokenFailure, type TokenReason } from './failure.ts'
import { parseAnswer } from './messages.ts'
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

test('an answer that does not have the form of one is none', () => {
  const result = { bytes: [new Uint8Array(2)], texts: ['a'] }
  assert.deepEqual(parseAnswer({ id: 1, result }), { id: 1, result })
  for (const wrong of [
    ...[undefined, null, 'x', {}, { id: '1', result }, { id: 1 }, { id: 1, result: {} }],
    { id: 1, result: { ...result, bytes: ['x'] } },
    { id: 1, result: { ...result, bytes: [new Uint8Array(131_073)] } },
    { id: 1, result: { ...result, texts: Array.from({ length: 9 }, () => '') } },
    { id: 1, failure: { reason: 'Other', message: 'x' } },
    { id: 1, failure: { reason: 'Failed' } },
  ]) {
    assert.equal(parseAnswer(wrong), undefined)
  }
})
