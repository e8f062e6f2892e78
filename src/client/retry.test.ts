import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withRetries } from './retry.ts'
import { ServiceError } from './service-error.ts'

function refusal(code: string, status = 400): ServiceError {
  return new ServiceError({ code, message: '', status, requestId: undefined })
}

/** Runs a call that fails with these errors in turn. Returns its result, its attempts and the waits between them. */
async function attempts(...errors: readonly Error[]) {
  const waits: number[] = []
  let calls = 0
  const result = await withRetries(
    async () => {
      calls += 1
      const error = errors[calls - 1]
      if (error !== undefined) throw error
      return 'done'
    },
    { sleep: async (delayMs) => void waits.push(delayMs), jitter: () => 0.5 },
  ).catch((error: unknown) => error)
  return { result, calls, waits }
}

test('withRetries repeats a call after errors that pass, with longer waits each time', async () => {
  const found = await attempts(
    refusal('ThrottlingException'),
    new Error('ECONNRESET'),
    refusal('UnknownError', 503),
  )
  assert.deepEqual(found, { result: 'done', calls: 4, waits: [50, 100, 200] })
})

test('withRetries ends with the fourth error', async () => {
  const last = refusal('KMSInternalException', 500)
  const found = await attempts(last, last, last, last)
  assert.deepEqual([found.result, found.calls], [last, 4])
})

test('withRetries does not repeat a call that was refused', async () => {
  for (const code of ['AccessDeniedException', 'DisabledException', 'InvalidCiphertextException']) {
    assert.equal((await attempts(refusal(code))).calls, 1)
  }
})
