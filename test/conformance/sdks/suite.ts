/** The tests of one SDK: every operation of every service, once as it should be called and once refused. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { KmsError } from '../../../src/api/errors.ts'
import { errorOnWire } from '../../../src/api/render.ts'
import { SERVICES } from '../../../src/api/services.ts'
import { CALL_SAMPLES, type CallSample, type ReadyCall } from '../../support/call-samples.ts'
import { NO_CERTIFICATES } from '../../support/certificate.ts'
import { REGION } from '../../support/kms.ts'
import { openSampleBed, type SampleBed } from '../../support/sample-bed.ts'
import { differences, type Spelling, sentError, sentMembers } from './compare.ts'
import { type Driver, type DriverAnswer, type DriverCommand, neutral, startDriver } from './driver.ts'
import { type Exchange, openRecorder, type Recorder } from './recorder.ts'

/** One SDK, and what is its own about it. */
export type Sdk = Spelling & {
  readonly name: string
  readonly command: DriverCommand
  /** Why its tests are skipped; `false` when they are not. */
  readonly skip: string | false
  /** The type of errors that a service does not describe, by service. */
  readonly commonError: Readonly<Record<CallSample['service'], string>>
  /** What it says of an error that was sent without a message. */
  readonly noMessage: string
  /** Operations that releases before the one of CI do not have, by service and name. */
  readonly recent: readonly string[]
}

/** Errors that every service has, and none describes. Source: the lists of common errors of each API reference. */
const COMMON_ERRORS: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'InvalidSignatureException',
  'ValidationException',
])

/** Members that AWS sends and its service models do not have, so that no SDK has them either. */
const UNTYPED: Readonly<Record<string, readonly string[]>> = {
  'iam ListAccessKeys': ['.UserName'],
}

/** What one call has become. */
type Made = {
  readonly ready: ReadyCall
  readonly answer: DriverAnswer
  readonly exchange: Exchange | undefined
}

/** Declares the tests. */
export function sdkTests(sdk: Sdk): void {
  const { name, skip, command, recent } = sdk
  const opened = new AsyncDisposableStack()
  const dependencies = {} as { bed: SampleBed; recorder: Recorder; driver: Driver }

  before(async () => {
    if (skip !== false) return
    dependencies.bed = opened.use(await openSampleBed())
    dependencies.recorder = opened.use(await openRecorder(dependencies.bed.server.endpoint))
    const { endpoint } = dependencies.recorder
    dependencies.driver = opened.use(
      await startDriver(command, { endpoint, region: REGION, callers: dependencies.bed.callers }),
    )
  })

  after(() => opened.disposeAsync())

  async function make(
    { service, operation, members }: CallSample,
    prepare: NonNullable<CallSample['valid']>,
  ): Promise<Made> {
    const ready = await prepare(dependencies.bed)
    const { as } = ready
    const answer = await dependencies.driver.ask({
      service,
      operation,
      as,
      input: neutral(members, ready.input),
    })
    const exchanges = dependencies.recorder.take()
    assert.ok(exchanges.length <= 1, 'the SDK has called once')
    return { ready, answer, exchange: exchanges[0] }
  }

  const older = `this release of the SDK for ${name} does not have the operation`
  const isOlder = ({ service, operation }: CallSample, { answer }: Made): boolean =>
    'unsupported' in answer && recent.includes(`${service} ${operation}`) && process.env['CI'] !== 'true'

  for (const sample of CALL_SAMPLES) {
    const { service, operation, valid, needsProxy, refused } = sample
    if (valid !== undefined) {
      const without = needsProxy === true ? NO_CERTIFICATES : false
      test(`${name} gets of ${operation} of ${service} what was sent`, {
        skip: skip || without,
      }, async (t) => {
        const made = await make(sample, valid)
        if (isOlder(sample, made)) t.skip(older)
        else assertAnswer(sdk, sample, made)
      })
    }
    test(`${name} gets the error of ${operation} of ${service} that was sent`, { skip }, async (t) => {
      const made = await make(sample, refused)
      if (isOlder(sample, made)) t.skip(older)
      else assertError(sdk, sample, made)
    })
  }
}

function assertAnswer(sdk: Sdk, { service, operation }: CallSample, { answer, exchange }: Made): void {
  assert.ok('ok' in answer && answer.ok, JSON.stringify({ answer, sent: exchange?.body }))
  assert.ok(exchange !== undefined)
  assert.equal(exchange.status, 200)
  assert.equal(answer.requestId, exchange.requestId)
  const untyped = UNTYPED[`${service} ${operation}`] ?? []
  const found = differences(answer.output, sentMembers(exchange, operation), sdk)
  assert.deepEqual(
    found.filter((difference) => !untyped.some((member) => difference.startsWith(`${member}:`))),
    [],
  )
}

function assertError(sdk: Sdk, { service }: CallSample, { ready, answer, exchange }: Made): void {
  assert.ok('ok' in answer && !answer.ok, JSON.stringify({ answer, sent: exchange?.body }))
  assert.ok(exchange !== undefined)
  const { code = 'KMSInternalException' } = ready
  const wire = errorOnWire(SERVICES[service], new KmsError(code))
  const sent = sentError(exchange)
  assert.equal(sent.code, wire.code)
  assert.equal(exchange.status, wire.status)
  assert.equal(answer.status, exchange.status)
  assert.equal(answer.requestId, exchange.requestId)
  const type = COMMON_ERRORS.has(code) ? sdk.commonError[service] : code
  assert.equal(answer.type.toLowerCase(), type.toLowerCase())
  assert.ok([wire.code, code].includes(answer.code), answer.code)
  assert.equal(answer.message, sent.message === '' ? sdk.noMessage : sent.message)
}
