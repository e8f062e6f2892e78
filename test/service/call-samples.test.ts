/** The samples of every operation: what the SDKs of the conformance tests call is legal, and refused as it says. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { KmsError } from '../../src/api/errors.ts'
import { errorOnWire } from '../../src/api/render.ts'
import { SERVICES } from '../../src/api/services.ts'
import { CALL_SAMPLES, type CallSample, type ReadyCall } from '../support/call-samples.ts'
import { callRaw } from '../support/calls.ts'
import { NO_CERTIFICATES } from '../support/certificate.ts'
import { callQuery, type FormValue } from '../support/query.ts'
import { openSampleBed, type SampleBed } from '../support/sample-bed.ts'

let bed: SampleBed

before(async () => {
  bed = await openSampleBed()
})

after(() => bed[Symbol.asyncDispose]())

test('there are samples of every service', () => {
  assert.deepEqual(
    [...new Set(CALL_SAMPLES.map(({ service }) => service))],
    ['kms', 'iam', 'sts', 'cloudtrail'],
  )
})

/** What a call answers: `ok`, or its code. */
async function outcome({ service, operation }: CallSample, { input, as }: ReadyCall): Promise<string> {
  const { protocol } = SERVICES[service]
  const credentials = bed.callers[as]
  if (protocol.type === 'json') {
    const body = JSON.stringify(input)
    const answer = await callRaw(bed.server, protocol.targetPrefixes[0] + operation, body, {
      service,
      ...credentials,
    })
    return answer.status === 200 ? 'ok' : `${answer.code}: ${answer.message}`
  }
  const asked = { service: service === 'sts' ? 'sts' : 'iam', action: operation } as const
  const answer = await callQuery(bed.server, asked, input as FormValue, { credentials })
  return answer.status === 200 ? 'ok' : `${answer.code}: ${answer.message}`
}

for (const sample of CALL_SAMPLES) {
  const { service, operation, valid, needsProxy, refused } = sample
  if (valid !== undefined) {
    const skip = needsProxy === true ? NO_CERTIFICATES : false
    test(`${service} ${operation}: the legal call succeeds`, { skip }, async () => {
      assert.equal(await outcome(sample, await valid(bed)), 'ok')
    })
  }

  test(`${service} ${operation}: the refused call is refused as it says`, async () => {
    const call = await refused(bed)
    const { code } = errorOnWire(SERVICES[service], new KmsError(call.code ?? 'KMSInternalException'))
    assert.equal((await outcome(sample, call)).split(':')[0], code)
  })
}
