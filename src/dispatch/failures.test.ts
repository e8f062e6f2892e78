import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KmsError } from '../api/errors.ts'
import { silentLog } from '../base/log.ts'
import { OffloadError } from '../base/offload.ts'
import { callerFacingError } from './failures.ts'

test('callerFacingError gives an error of the contract as it is', () => {
  const error = new KmsError('NotFoundException', 'gone')
  assert.equal(callerFacingError(error, 'r', { log: silentLog }), error)
})

test('callerFacingError asks callers to slow down when too much slow work waits', () => {
  const error = callerFacingError(new OffloadError('full', '1024 tasks are waiting already'), 'r', {
    log: silentLog,
  })
  assert.equal(error.code, 'ThrottlingException')
})

test('callerFacingError tells nothing of other failures, and logs them', () => {
  const lines: string[] = []
  const log = { ...silentLog, error: (message: string) => void lines.push(message) }
  for (const failure of [new OffloadError('failed', 'a thread died'), new Error('detail'), 'text']) {
    const error = callerFacingError(failure, 'r', { log })
    assert.equal(error.code, 'KMSInternalException')
    assert.doesNotMatch(error.message, /thread|detail|text/)
  }
  assert.equal(lines.length, 3)
})
