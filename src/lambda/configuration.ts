import { boolean, integer, list, oneOf, optional, pattern, structure, text, textMap } from '../api/shapes.ts'
import { utf8 } from '../base/bytes.ts'
import type { LambdaCall } from './call.ts'
import { environmentError, type Variables } from './environment-keys.ts'
import {
  type FunctionSettings,
  type FunctionValue,
  functionArn,
  LATEST,
  type Tag,
} from './function-record.ts'
import { invalidParameter } from './lambda-error.ts'

/** Source, here and below: the service model of Lambda. */
export const FUNCTION_NAME = text({ min: 1, max: 256 })
/** The one version, or one that does not exist. */
export const QUALIFIER = optional(text({ min: 1, max: 128, pattern: pattern('[a-zA-Z0-9$_.-]+') }))
/** The ARN of a role. */
export const ROLE = text({
  min: 1,
  max: 256,
  pattern: pattern('arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+'),
})
/** What callers configure, in creations and updates. */
export const CONFIGURATION = {
  Handler: optional(text({ max: 128, pattern: pattern('[^\\s]+') })),
  Description: optional(text({ max: 256 })),
  Timeout: optional(integer({ min: 1, max: 900 })),
  MemorySize: optional(integer({ min: 128, max: 10_240 })),
  Environment: optional(structure({ Variables: optional(textMap()) })),
  KMSKeyArn: optional(text({ max: 2048, pattern: pattern('(arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()') })),
  TracingConfig: optional(structure({ Mode: optional(oneOf('Active', 'PassThrough')) })),
  Runtime: optional(text({ max: 64 })),
  EphemeralStorage: optional(structure({ Size: integer({ min: 512, max: 10_240 }) })),
}
/** Where code is taken from: the body alone. */
export const ARCHITECTURES = optional(list(oneOf('x86_64', 'arm64'), { min: 1, max: 1 }))
/** Whether to publish a version, of which there are none. */
export const PUBLISH = optional(boolean())

/** Members that AWS has and Holdfast does not: an empty one is as none. */
const NOT_OFFERED = [
  ...['VpcConfig', 'DeadLetterConfig', 'Layers', 'FileSystemConfigs', 'ImageConfig', 'CodeSigningConfigArn'],
  ...['CapacityProviderConfig', 'DurableConfig', 'TenancyConfig', 'PublishTo', 'SourceKMSKeyArn'],
  ...['S3Bucket', 'S3Key', 'S3ObjectVersion', 'ImageUri'],
]

/** Refuses what a function cannot have here. @throws LambdaError InvalidParameterValueException. */
export function refuseNotOffered(body: Readonly<Record<string, unknown>>): void {
  const code = body['Code']
  const found = NOT_OFFERED.find((name) => !isEmpty(body[name]) || (isObject(code) && !isEmpty(code[name])))
  if (found !== undefined) throw invalidParameter(`${found} is not offered by Holdfast.`)
  if (body['Publish'] === true)
    throw invalidParameter('Publish is not offered by Holdfast: there are no versions.')
  const { SnapStart, PackageType } = body
  if (isObject(SnapStart) && SnapStart['ApplyOn'] !== 'None' && SnapStart['ApplyOn'] !== undefined) {
    throw invalidParameter('SnapStart is not offered by Holdfast.')
  }
  if (PackageType !== undefined && PackageType !== null && PackageType !== 'Zip') {
    throw invalidParameter('PackageType must be Zip: container images are not offered by Holdfast.')
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false) return true
  if (Array.isArray(value)) return value.length === 0
  return isObject(value) && Object.values(value).every(isEmpty)
}

/** Source: AWS Lambda Developer Guide, "Lambda quotas". */
const ENVIRONMENT_MAX_BYTES = 4_096
const VARIABLE_NAME = /^[a-zA-Z][a-zA-Z0-9_]+$/

/** Source: AWS Lambda Developer Guide, "Defined runtime environment variables". */
const RESERVED: ReadonlySet<string> = new Set([
  ...['_HANDLER', '_X_AMZN_TRACE_ID', 'AWS_DEFAULT_REGION', 'AWS_REGION', 'AWS_EXECUTION_ENV'],
  ...['AWS_LAMBDA_FUNCTION_NAME', 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE', 'AWS_LAMBDA_FUNCTION_VERSION'],
  ...['AWS_LAMBDA_INITIALIZATION_TYPE', 'AWS_LAMBDA_LOG_GROUP_NAME', 'AWS_LAMBDA_LOG_STREAM_NAME'],
  ...['AWS_ACCESS_KEY', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
  ...['AWS_LAMBDA_RUNTIME_API', 'LAMBDA_TASK_ROOT', 'LAMBDA_RUNTIME_DIR'],
])

const UNABLE =
  'Lambda was unable to configure your environment variables because the environment variables you have provided'

/** The variables of an input; nothing when there are none. Messages name them, and never their values. @throws LambdaError. */
export function checkVariables(given: ReadonlyMap<string, string> | undefined): Variables | undefined {
  if (given === undefined || given.size === 0) return undefined
  const names = [...given.keys()]
  const reserved = names.filter((name) => RESERVED.has(name))
  if (reserved.length > 0) {
    throw invalidParameter(
      `${UNABLE} contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(', ')}`,
    )
  }
  const wrong = names.filter((name) => !VARIABLE_NAME.test(name) || given.get(name)?.includes('\0') === true)
  if (wrong.length > 0) {
    throw invalidParameter(
      `${UNABLE} have names or values that are not valid: ${wrong.join(', ').slice(0, 256)}`,
    )
  }
  const variables = Object.fromEntries(given)
  if (utf8(JSON.stringify(variables)).length > ENVIRONMENT_MAX_BYTES) {
    throw invalidParameter(`${UNABLE} exceeded the 4KB limit.`)
  }
  return variables
}

/** Tags of one function. Source: AWS Lambda Developer Guide, "Using tags". */
const TAGS_MAX = 50
const TAG_KEY_MAX = 128
const TAG_VALUE_MAX = 256
const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u

/** The tags of an input. @throws LambdaError. */
export function checkTags(given: ReadonlyMap<string, string> | undefined): readonly Tag[] {
  const tags = [...(given ?? [])].map(([key, value]) => ({ key, value }))
  for (const { key, value } of tags) {
    const isFine =
      key.length > 0 &&
      key.length <= TAG_KEY_MAX &&
      value.length <= TAG_VALUE_MAX &&
      TAG_TEXT.test(key + value)
    if (!isFine || /^aws:/i.test(key)) throw invalidParameter('A tag has a key or a value that is not valid.')
  }
  if (tags.length > TAGS_MAX) throw invalidParameter(`A function has at most ${TAGS_MAX} tags.`)
  return tags
}

/** The environment of a function as an answer shows it. */
export type ShownEnvironment =
  | { readonly Variables: Variables }
  | { readonly Error: { readonly ErrorCode: string; readonly Message: string } }

/** The environment of a function as its caller may see it: KMS decides. */
export async function environmentFor(
  { caller, dependencies }: LambdaCall,
  value: FunctionValue,
): Promise<ShownEnvironment | undefined> {
  if (value.environment === undefined) return undefined
  try {
    return { Variables: await dependencies.keys.open(caller, value, value.environment) }
  } catch (error) {
    return { Error: environmentError(error) }
  }
}

/** Source: AWS Lambda Developer Guide, "Lambda quotas". */
const STORAGE_MB = 512

/** A function as answers show it. */
export function shownFunction(value: FunctionValue, environment: ShownEnvironment | undefined): object {
  return {
    ...shownSettings(value),
    FunctionName: value.name,
    FunctionArn: functionArn(value),
    CodeSize: value.code.sizeBytes,
    CodeSha256: value.code.sha256,
    LastModified: new Date(value.modifiedAt).toISOString().replace('Z', '+0000'),
    Version: LATEST,
    RevisionId: value.revisionId,
    State: 'Active',
    LastUpdateStatus: 'Successful',
    PackageType: 'Zip',
    Architectures: [value.architecture],
    EphemeralStorage: { Size: STORAGE_MB },
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
    LoggingConfig: { LogFormat: 'Text', LogGroup: `/aws/lambda/${value.name}` },
    ...(environment !== undefined && { Environment: environment }),
  }
}

function shownSettings(settings: FunctionSettings): object {
  return {
    Runtime: settings.runtime,
    Role: settings.roleArn,
    Handler: settings.handler,
    Description: settings.description,
    Timeout: settings.timeoutSeconds,
    MemorySize: settings.memoryMb,
    TracingConfig: { Mode: settings.tracing },
    ...(settings.kmsKeyArn !== undefined && { KMSKeyArn: settings.kmsKeyArn }),
  }
}

/** A function as an audit event shows it: without its variables. */
export function recordedFunction(value: FunctionValue): Readonly<Record<string, unknown>> {
  return {
    functionName: value.name,
    functionArn: functionArn(value),
    runtime: value.runtime,
    role: value.roleArn,
    handler: value.handler,
    codeSize: value.code.sizeBytes,
    codeSha256: value.code.sha256,
    timeout: value.timeoutSeconds,
    memorySize: value.memoryMb,
    version: LATEST,
    revisionId: value.revisionId,
    ...(value.environment !== undefined && { environment: {}, kMSKeyArn: value.environment.keyArn }),
  }
}

/** @throws LambdaError for a runtime that this process cannot run. */
export function checkRuntime(runtime: string | undefined, offered: ReadonlySet<string>): string {
  if (runtime !== undefined && offered.has(runtime)) return runtime
  throw invalidParameter(
    `Value ${runtime ?? 'null'} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [${[...offered].join(', ')}] or be a valid ARN`,
  )
}

/** @throws LambdaError for a handler that the runtime cannot find. */
export function checkHandler(runtime: string, handler: string | undefined): string {
  if (handler !== undefined && handler !== '') return handler
  if (runtime.startsWith('provided')) return 'bootstrap'
  throw invalidParameter(
    'Runtime and Handler are mandatory parameters for functions created with deployment packages.',
  )
}
