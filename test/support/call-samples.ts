/** For tests: a legal and a refused call of every operation of every service that AWS has too. */

import type { ErrorCode } from '../../src/api/errors.ts'
import type { Output } from '../../src/api/json.ts'
import type { ServiceName } from '../../src/api/services.ts'
import type { Members } from '../../src/api/shapes.ts'
import type { TrailDependencies as CloudTrailDependencies } from '../../src/cloudtrail/trail-dependencies.ts'
import { CLOUDTRAIL_OPERATIONS } from '../../src/cloudtrail/trail-operations.ts'
import type { Operation } from '../../src/dispatch/operation.ts'
import type { IamDependencies } from '../../src/iam/iam-dependencies.ts'
import { IAM_OPERATIONS } from '../../src/iam/iam-operations.ts'
import type { StsDependencies as StsServiceDependencies } from '../../src/iam/sts/sts-dependencies.ts'
import { STS_OPERATIONS } from '../../src/iam/sts/sts-operations.ts'
import type { KmsDependencies } from '../../src/kms/kms-dependencies.ts'
import { KMS_OPERATIONS } from '../../src/kms/kms-operations.ts'
import { callRaw, succeed } from './calls.ts'
import { IAM_SAMPLES, type IamSample, iamInput, type SampleInput } from './iam-samples.ts'
import { KMS_REFUSALS, STORE_INPUTS } from './kms-refusals.ts'
import type { SampleBed, SampleCaller } from './sample-bed.ts'
import { sampleParts } from './sample-parts.ts'
import { SAMPLES, type Sample } from './samples.ts'
import { STS_SAMPLES } from './sts-samples.ts'
import { TRAIL_SAMPLES, type TrailParts } from './trail-samples.ts'

/** A complete call. */
export type ReadyCall = {
  readonly input: SampleInput
  readonly as: SampleCaller
  /** The error code of a refused call. */
  readonly code?: ErrorCode
}

/** The sample calls of one operation. */
export type CallSample = {
  readonly service: Exclude<ServiceName, 'holdfast'>
  readonly operation: string
  readonly members: Members
  /** Prepares the successful call. */
  readonly valid?: (bed: SampleBed) => Promise<ReadyCall>
  /** Whether the successful call needs an external key store proxy. */
  readonly needsProxy?: true
  /** The reason why no call can succeed. */
  readonly never?: string
  /** Prepares the refused call. */
  readonly refused: (bed: SampleBed) => Promise<ReadyCall>
}

/** The operations. Their facts need no dependencies; only `run` does. */
const OPERATIONS: readonly Operation[] = [
  ...KMS_OPERATIONS.map((operation) => operation({} as KmsDependencies)),
  ...IAM_OPERATIONS.map((operation) => operation({} as IamDependencies)),
  ...STS_OPERATIONS.map((operation) => operation({} as StsServiceDependencies)),
  ...CLOUDTRAIL_OPERATIONS.map((operation) => operation({} as CloudTrailDependencies)),
]

/** The sample file of each service. */
const SAMPLE_FILES = {
  kms: ['test/support/samples.ts', SAMPLES],
  iam: ['test/support/iam-samples.ts', IAM_SAMPLES],
  sts: ['test/support/sts-samples.ts', STS_SAMPLES],
  cloudtrail: ['test/support/trail-samples.ts', TRAIL_SAMPLES],
} as const

/** Operations without a sample and samples without an operation, with the file to change. */
export function unmatchedSamples(): readonly string[] {
  return Object.entries(SAMPLE_FILES).flatMap(([service, [file, samples]]) => {
    const names = OPERATIONS.filter((operation) => operation.service === service).map(({ name }) => name)
    return [
      ...names.filter((name) => !(name in samples)).map((name) => `${file} has no sample of ${name}`),
      ...Object.keys(samples)
        .filter((name) => !names.includes(name))
        .map((name) => `${file} has a sample of ${name}, which is no operation of ${service}`),
    ]
  })
}

const MAKERS = { kms: kmsSample, iam: iamSample, sts: stsSample, cloudtrail: trailSample } as const

/** The calls of every operation that has a sample. */
export const CALL_SAMPLES: readonly CallSample[] = OPERATIONS.flatMap((operation) => {
  const { service, name } = operation
  if (service === 'holdfast') return []
  return name in SAMPLE_FILES[service][1] ? [MAKERS[service](operation)] : []
})

const UNKNOWN_KEY = '12345678-1234-4234-8234-123456789012'

function kmsSample({ name, members }: Operation): CallSample {
  const sample = SAMPLES[name] as Sample
  const facts = { service: 'kms', operation: name, members } as const
  const input = async ({ server }: SampleBed): Promise<Output> => {
    const schedule = (keyId: string): Promise<unknown> =>
      succeed(server, 'ScheduleKeyDeletion', { KeyId: keyId, PendingWindowInDays: 7 })
    return sample.input(
      await sampleParts(server, sample, name === 'CancelKeyDeletion' ? schedule : undefined),
    )
  }
  const refusal = KMS_REFUSALS[name]
  const [key] = sample.keys
  const store = STORE_INPUTS[name]
  return {
    ...facts,
    ...(store !== undefined && { needsProxy: true }),
    valid: async (bed) => ({ input: await (store?.(bed) ?? input(bed)), as: 'root' }),
    refused: async (bed) => {
      if (refusal !== undefined) return { ...refusal, as: 'root' }
      if (key !== undefined) {
        return { input: { ...(await input(bed)), [key]: UNKNOWN_KEY }, code: 'NotFoundException', as: 'root' }
      }
      return { input: await input(bed), code: sample.refused as ErrorCode, as: 'root' }
    },
  }
}

function iamSample({ name, members }: Operation): CallSample {
  const sample = IAM_SAMPLES[name] as IamSample
  const before = (sample.before ?? []).map(operationNamed)
  const prepare = async (bed: SampleBed, made: boolean): Promise<SampleInput> => {
    const needed = [...requiredOf(members), ...before.flatMap((other) => requiredOf(other.members))]
    const parts = { members: needed, name: bed.freeName(), made }
    const input = await iamInput(bed.iam, sample, parts)
    if (made) for (const other of before) await bed.iam(other.name, only(other.members, input))
    return only(members, input)
  }
  const facts = { service: 'iam', operation: name, members } as const
  const refused = sample.never === undefined ? sample.refused : 'absent'
  return {
    ...facts,
    ...(sample.never === undefined
      ? { valid: async (bed) => ({ input: await prepare(bed, true), as: 'admin' }) }
      : { never: sample.never }),
    refused: async (bed) => {
      if (refused === 'denied') {
        return { input: await prepare(bed, false), as: 'nobody', code: 'AccessDeniedException' }
      }
      if (refused === 'again') {
        const input = await prepare(bed, true)
        await bed.iam(name, input)
        return { input, as: 'admin', code: 'EntityAlreadyExistsException' }
      }
      const input = await prepare(bed, false)
      if (typeof refused !== 'object') return { input, as: 'admin', code: 'NoSuchEntityException' }
      return { input: { ...input, ...refused.input }, as: 'admin', code: refused.code }
    },
  }
}

function operationNamed(name: string): Operation {
  const found = OPERATIONS.find((operation) => operation.service === 'iam' && operation.name === name)
  if (found === undefined) throw new Error(`IAM has no operation ${name} to call before another`)
  return found
}

function requiredOf(members: Members): readonly string[] {
  return Object.entries(members).flatMap(([name, { required }]) => (required ? [name] : []))
}

function only(members: Members, input: SampleInput): SampleInput {
  return Object.fromEntries(Object.entries(input).filter(([name]) => name in members))
}

function stsSample({ name, members }: Operation): CallSample {
  const { valid, never, refused } = STS_SAMPLES[name] as (typeof STS_SAMPLES)[string]
  return {
    service: 'sts',
    operation: name,
    members,
    ...(valid && { valid: async ({ sts }) => ({ input: valid(sts), as: 'admin' }) }),
    ...(never && { never }),
    refused: async ({ sts }) => ({
      input: refused.input(sts),
      as: refused.as ?? 'admin',
      code: refused.code,
    }),
  }
}

function trailSample({ name, members }: Operation): CallSample {
  const { valid, before, refused } = TRAIL_SAMPLES[name] as (typeof TRAIL_SAMPLES)[string]
  const [refusedInput, code, as = 'admin'] = refused
  return {
    service: 'cloudtrail',
    operation: name,
    members,
    valid: async (bed) => {
      const parts = await trailParts(bed)
      for (const [operation, input] of before?.(parts) ?? []) await askTrail(bed, operation, input)
      return { input: valid(parts), as: 'admin' }
    },
    refused: async (bed) => ({ input: refusedInput(await trailParts(bed)), as, code }),
  }
}

/** Shares one trail among all samples, because a region can have only five. */
async function trailParts(bed: SampleBed): Promise<TrailParts> {
  const name = 'sample-trail'
  const arn = await bed.once('trail', async () => {
    const { TrailARN } = await askTrail(bed, 'CreateTrail', { Name: name, S3BucketName: 'the-bucket' })
    return String(TrailARN)
  })
  return { name, arn, own: bed.freeName(), free: bed.freeName() }
}

/** Calls a CloudTrail operation as the root user. */
export async function askTrail(
  { server }: SampleBed,
  operation: string,
  input: SampleInput,
): Promise<{ readonly [name: string]: unknown }> {
  const options = { service: 'cloudtrail' }
  const answer = await callRaw(server, `CloudTrail_20131101.${operation}`, JSON.stringify(input), options)
  if (answer.status !== 200) throw new Error(`${operation} failed: ${answer.text}`)
  return answer.json
}
