import type { Call, IamCall } from './cli.ts'
import { call } from './client.ts'
import { callIam } from './iam.ts'
import { IAM_OPERATIONS } from './iam-operations.ts'

/** Makes a call: the one that a command line shows. @throws ApiError, Unreachable, SessionEnded. */
export async function runCall(made: Call): Promise<unknown> {
  return isIamCall(made) ? callIam(made.name, made.input) : call(made.name, made.input)
}

function isIamCall(made: Call): made is IamCall {
  return Object.hasOwn(IAM_OPERATIONS, made.name)
}
