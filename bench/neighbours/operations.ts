import type { ServiceName } from '../../src/api/services.ts'
import type { Members } from '../../src/api/shapes.ts'
import type { UsageDependencies } from '../../src/usage-api/usage-dependencies.ts'
import { USAGE_OPERATIONS } from '../../src/usage-api/usage-service.ts'
import { CALL_SAMPLES, type CallSample } from '../../test/support/call-samples.ts'

/** An operation, and the sample of its calls. */
export type CalledOperation = {
  readonly service: ServiceName
  readonly operation: string
  readonly members: Members
  /** `undefined` for operations of the `holdfast` service: see `own-samples.ts`. */
  readonly sample: CallSample | undefined
}

/** Every operation of every service. An operation's facts need no dependencies; only `run` does. */
export const CALLED_OPERATIONS: readonly CalledOperation[] = [
  ...CALL_SAMPLES.map((sample) => ({ ...sample, sample })),
  ...USAGE_OPERATIONS.map((operation) => {
    const { name, members } = operation({} as UsageDependencies)
    return { service: 'holdfast' as const, operation: name, members, sample: undefined }
  }),
]
