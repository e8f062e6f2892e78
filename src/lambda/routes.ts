import type { LambdaOperation } from './call.ts'
import { LambdaError } from './lambda-error.ts'
import { CONSTANTS, getAccountSettings } from './operations/account.ts'
import * as functions from './operations/functions.ts'
import { invoke } from './operations/invoke.ts'
import * as policy from './operations/policy.ts'
import * as tags from './operations/tags.ts'
import * as update from './operations/update.ts'
import type { LambdaTarget } from './request.ts'
import { PAYLOAD_MAX_BYTES } from './running/runtime-api.ts'

/** What a request asks for. */
export type LambdaRoute = {
  readonly operation: LambdaOperation
  /** The members of the path. */
  readonly path: Readonly<Record<string, string>>
  readonly query: LambdaTarget['query']
  readonly bodyMaxBytes: number
}

/** Source: AWS Lambda Developer Guide, "Lambda quotas": 50 MB of code, in base64 and with the rest of the request. */
const CODE_BODY_MAX_BYTES = 70_167_211
const BODY_MAX_BYTES = 262_144
const NO_BODY_MAX_BYTES = 16_384

type Row = readonly [method: string, path: string, operation: LambdaOperation]

const FUNCTION = '2015-03-31/functions/{FunctionName}'

/** Every operation, by the method and path of its requests. Source: the service model of Lambda. */
const ROUTES: readonly Row[] = [
  ['POST', '2015-03-31/functions', functions.createFunction],
  ['GET', '2015-03-31/functions', functions.listFunctions],
  ['GET', FUNCTION, functions.getFunction],
  ['DELETE', FUNCTION, functions.deleteFunction],
  ['GET', `${FUNCTION}/configuration`, functions.getFunctionConfiguration],
  ['PUT', `${FUNCTION}/configuration`, update.updateFunctionConfiguration],
  ['PUT', `${FUNCTION}/code`, update.updateFunctionCode],
  ['GET', `${FUNCTION}/versions`, functions.listVersions],
  ['POST', `${FUNCTION}/invocations`, invoke],
  ['POST', `${FUNCTION}/policy`, policy.addPermission],
  ['GET', `${FUNCTION}/policy`, policy.getPolicy],
  ['DELETE', `${FUNCTION}/policy/{StatementId}`, policy.removePermission],
  ['POST', '2017-03-31/tags/{Resource}', tags.tagResource],
  ['DELETE', '2017-03-31/tags/{Resource}', tags.untagResource],
  ['GET', '2017-03-31/tags/{Resource}', tags.listTags],
  ['GET', '2016-08-19/account-settings', getAccountSettings],
  ['GET', '2020-06-30/functions/{FunctionName}/code-signing-config', CONSTANTS.codeSigningConfig],
  ['GET', '2019-09-30/functions/{FunctionName}/concurrency', CONSTANTS.concurrency],
  ['GET', '2019-09-25/functions/{FunctionName}/event-invoke-config', CONSTANTS.eventInvokeConfig],
  ['GET', '2021-10-31/functions/{FunctionName}/url', CONSTANTS.urlConfig],
  ['GET', '2024-08-31/functions/{FunctionName}/recursion-config', CONSTANTS.recursionConfig],
  ['GET', '2021-07-20/functions/{FunctionName}/runtime-management-config', CONSTANTS.runtimeManagementConfig],
  ['GET', `${FUNCTION}/aliases`, CONSTANTS.aliases],
]

/** The operation of a request. @throws LambdaError for what Holdfast does not offer. */
export function routeOf(method: string, { segments, query }: LambdaTarget): LambdaRoute {
  for (const [ofMethod, pattern, operation] of ROUTES) {
    if (ofMethod !== method) continue
    const path = matched(pattern, segments)
    if (path !== undefined) return { operation, path, query, bodyMaxBytes: maxBytesOf(operation) }
  }
  throw new LambdaError('UnsupportedOperationException', 'Holdfast does not offer this operation of Lambda.')
}

function matched(pattern: string, segments: readonly string[]): Record<string, string> | undefined {
  const parts = pattern.split('/')
  if (parts.length !== segments.length) return undefined
  const path: Record<string, string> = {}
  for (const [index, part] of parts.entries()) {
    const segment = segments[index] ?? ''
    if (part.startsWith('{')) path[part.slice(1, -1)] = segment
    else if (part !== segment) return undefined
  }
  return path
}

function maxBytesOf({ name, body }: LambdaOperation): number {
  if (name === 'CreateFunction' || name === 'UpdateFunctionCode') return CODE_BODY_MAX_BYTES
  if (body === 'payload') return PAYLOAD_MAX_BYTES
  return body === 'json' ? BODY_MAX_BYTES : NO_BODY_MAX_BYTES
}
