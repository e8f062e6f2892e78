import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '../../base/log.ts'
import { READY_HOLDS_MS, Readiness, UNREADY_HOLDS_MS } from './readiness.ts'

const LOG = 'the audit log cannot be written'
const RECORDS = 'records cannot be written'

function bed() {
  const state = {
    nowMs: 0,
    reserved: false,
    log: false,
    store: false,
    logFails: false,
    storeFails: false,
    probes: 0,
  }
  const readiness = new Readiness({
    isSuspect: () => state,
    isReserved: () => state.reserved,
    probeLog: async () => {
      state.probes += 1
      if (state.logFails) throw new Error('ENOSPC')
      state.log = false
    },
    probeStore: async () => {
      if (state.storeFails) throw new Error('SQLITE_FULL')
      state.store = false
    },
    clock: { now: () => 0, monotonicMs: () => state.nowMs },
    log: silentLog,
  })
  return { state, readiness }
}

test('Readiness believes a start for its time, and looks after it', async () => {
  const { state, readiness } = bed()
  state.logFails = true
  state.nowMs = READY_HOLDS_MS - 1
  assert.equal(await readiness.reason(), undefined)
  state.nowMs = READY_HOLDS_MS
  assert.equal(await readiness.reason(), LOG)
})

test('Readiness looks at once when a write has failed', async () => {
  const { state, readiness } = bed()
  Object.assign(state, { log: true, logFails: true })
  assert.equal(await readiness.reason(), LOG)
  assert.equal(state.probes, 1)
})

test('Readiness looks again for what cannot be written after its time, and not before', async () => {
  const { state, readiness } = bed()
  Object.assign(state, { log: true, logFails: true })
  await readiness.reason()
  state.logFails = false
  state.nowMs = UNREADY_HOLDS_MS - 1
  assert.equal(await readiness.reason(), LOG)
  state.nowMs = UNREADY_HOLDS_MS
  assert.equal(await readiness.reason(), undefined)
})

test('Readiness writes a record only when a commit has failed', async () => {
  const { state, readiness } = bed()
  state.storeFails = true
  state.nowMs = READY_HOLDS_MS
  assert.equal(await readiness.reason(), undefined)
  state.store = true
  assert.equal(await readiness.reason(), RECORDS)
  state.storeFails = false
  state.nowMs += UNREADY_HOLDS_MS
  assert.equal(await readiness.reason(), undefined)
})

test('Readiness looks once for all who ask meanwhile', async () => {
  const { state, readiness } = bed()
  state.nowMs = READY_HOLDS_MS
  await Promise.all([readiness.reason(), readiness.reason(), readiness.reason()])
  assert.equal(state.probes, 1)
})

test('Readiness says that the disk is full without writing to it, for as long as that is so', async () => {
  const { state, readiness } = bed()
  state.reserved = true
  for (let nowMs = 0; nowMs < 3 * READY_HOLDS_MS; nowMs += UNREADY_HOLDS_MS) {
    state.nowMs = nowMs
    assert.equal(await readiness.reason(), 'the disk is full, and only revocations are done')
  }
  assert.equal(state.probes, 0)
  state.reserved = false
  assert.equal(await readiness.reason(), undefined)
})
