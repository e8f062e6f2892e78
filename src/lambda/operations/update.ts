import { blob, boolean, optional, text } from '../../api/shapes.ts'
import { replace } from '../../store/records.ts'
import { findFunction, passingRole, permissionOn, present } from '../access.ts'
import { type LambdaCall, type LambdaOutcome, lambdaOperation } from '../call.ts'
import { ZIP_MAX_BYTES } from '../code-zip.ts'
import {
  ARCHITECTURES,
  CONFIGURATION,
  checkHandler,
  checkRuntime,
  checkVariables,
  environmentFor,
  FUNCTION_NAME,
  PUBLISH,
  ROLE,
  recordedFunction,
  refuseNotOffered,
  shownFunction,
} from '../configuration.ts'
import { configurationError, type Variables } from '../environment-keys.ts'
import { assumableRole, retireGrant } from '../execution-role.ts'
import type { FunctionSettings, FunctionValue, SealedEnvironment } from '../function-record.ts'
import { invalidParameter, LambdaError } from '../lambda-error.ts'
import type { ExecutionRole } from '../roles.ts'

const REVISION = optional(text({ max: 64 }))

/** @throws LambdaError PreconditionFailedException. */
function checkRevision(given: string | undefined, present: string): void {
  if (given === undefined || given === present) return
  throw new LambdaError(
    'PreconditionFailedException',
    'The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias API to retrieve the latest RevisionId',
  )
}

/** Replaces the code of a function. Source: Lambda API Reference, "UpdateFunctionCode". */
export const updateFunctionCode = lambdaOperation({
  name: 'UpdateFunctionCode',
  eventName: 'UpdateFunctionCode20150331v2',
  readOnly: false,
  body: 'json',
  members: {
    FunctionName: FUNCTION_NAME,
    ZipFile: optional(blob({ max: ZIP_MAX_BYTES })),
    Architectures: ARCHITECTURES,
    DryRun: optional(boolean()),
    RevisionId: REVISION,
    Publish: PUBLISH,
  },
  checkBody: refuseNotOffered,
  begin: async (call, input) => {
    const found = await findFunction(call, input.FunctionName)
    const { dependencies } = call
    return {
      permissions: [permissionOn(found, 'UpdateFunctionCode', call)],
      run: async () => {
        const record = present(found)
        const { value } = record
        checkRevision(input.RevisionId, value.revisionId)
        if (input.ZipFile === undefined || input.ZipFile.length === 0)
          throw invalidParameter('ZipFile is required.')
        const code = await dependencies.code.put(value, input.ZipFile)
        const abandon = (): void => void dependencies.code.remove(code.file).catch(() => {})
        const next: FunctionValue = {
          ...value,
          code,
          architecture: input.Architectures?.[0] ?? value.architecture,
          modifiedAt: call.now,
          revisionId: dependencies.random.uuid(),
        }
        const body = shownFunction(next, await environmentFor(call, value))
        if (input.DryRun === true) {
          abandon()
          return { answer: { body } }
        }
        return {
          answer: { body },
          changes: [replace(record, next)],
          event: { response: recordedFunction(next) },
          abandon,
          perform: async () => {
            dependencies.invoker.retire(value)
            await dependencies.code.remove(value.code.file)
            return { body }
          },
        }
      },
    }
  },
})

/** Changes the configuration of a function. Source: Lambda API Reference, "UpdateFunctionConfiguration". */
export const updateFunctionConfiguration = lambdaOperation({
  name: 'UpdateFunctionConfiguration',
  eventName: 'UpdateFunctionConfiguration20150331v2',
  readOnly: false,
  body: 'json',
  members: { FunctionName: FUNCTION_NAME, Role: optional(ROLE), RevisionId: REVISION, ...CONFIGURATION },
  hidden: ['Environment'],
  checkBody: refuseNotOffered,
  begin: async (call, input) => {
    const found = await findFunction(call, input.FunctionName)
    const { dependencies } = call
    const role = input.Role === undefined ? undefined : await dependencies.roles.find(input.Role)
    const passing = input.Role === undefined ? [] : [passingRole(call, input.Role, role, found.named)]
    return {
      permissions: [permissionOn(found, 'UpdateFunctionConfiguration', call), ...passing],
      run: async () => {
        const record = present(found)
        const { value } = record
        checkRevision(input.RevisionId, value.revisionId)
        const settings = await settingsOf(call, value, input, role)
        const variables = checkVariables(input.Environment?.Variables)
        const isGiven = input.Environment?.Variables !== undefined
        const environment = await environmentOf(call, { value, settings, variables, isGiven })
        const next: FunctionValue = {
          ...value,
          ...settings,
          environment,
          modifiedAt: call.now,
          revisionId: dependencies.random.uuid(),
        }
        const shown = variables === undefined ? await environmentFor(call, next) : { Variables: variables }
        const body = shownFunction(next, shown)
        return {
          answer: { body },
          changes: [replace(record, next)],
          event: { response: recordedFunction(next) },
          perform: async () => {
            dependencies.invoker.retire(value)
            if (value.environment?.grantId !== environment?.grantId)
              await retireGrant(call, found.named, value)
            return { body }
          },
        } satisfies LambdaOutcome
      },
    }
  },
})

type Given = {
  readonly Runtime?: string | undefined
  readonly Handler?: string | undefined
  readonly Description?: string | undefined
  readonly Timeout?: number | undefined
  readonly MemorySize?: number | undefined
  readonly TracingConfig?: { readonly Mode?: string | undefined } | undefined
  readonly KMSKeyArn?: string | undefined
  readonly Role?: string | undefined
}

async function settingsOf(
  { dependencies }: LambdaCall,
  value: FunctionValue,
  input: Given,
  role: ExecutionRole | undefined,
): Promise<FunctionSettings> {
  const runtime =
    input.Runtime === undefined ? value.runtime : checkRuntime(input.Runtime, dependencies.runtimes)
  const kmsKeyArn = input.KMSKeyArn ?? value.kmsKeyArn
  return {
    runtime,
    handler: checkHandler(runtime, input.Handler ?? value.handler),
    description: input.Description ?? value.description,
    timeoutSeconds: input.Timeout ?? value.timeoutSeconds,
    memoryMb: input.MemorySize ?? value.memoryMb,
    tracing: input.TracingConfig?.Mode ?? value.tracing,
    kmsKeyArn: kmsKeyArn === '' ? undefined : kmsKeyArn,
    roleArn: input.Role ?? value.roleArn,
    roleId: input.Role === undefined ? value.roleId : (await assumableRole(role, value)).id,
  }
}

type NewEnvironment = {
  readonly value: FunctionValue
  readonly settings: FunctionSettings
  readonly variables: Variables | undefined
  /** Whether the caller says what the variables are. */
  readonly isGiven: boolean
}

/** The environment after a change: under another key it is sealed again, and another role gets a grant. */
async function environmentOf(
  { caller, dependencies }: LambdaCall,
  { value, settings, variables, isGiven }: NewEnvironment,
): Promise<SealedEnvironment | undefined> {
  const { keys } = dependencies
  const { environment } = value
  const { kmsKeyArn, roleArn, roleId } = settings
  const request = { caller, place: value, kmsKeyArn, roleArn }
  if (isGiven) return variables && keys.seal({ ...request, variables })
  if (environment === undefined) return undefined
  if (kmsKeyArn !== value.kmsKeyArn) {
    try {
      return await keys.seal({ ...request, variables: await keys.open(caller, value, environment) })
    } catch (error) {
      throw configurationError(error)
    }
  }
  const isGranted = environment.grantId !== undefined
  if (!isGranted || (roleArn === value.roleArn && roleId === value.roleId)) return environment
  return { ...environment, grantId: await keys.grant({ ...request, keyArn: environment.keyArn }) }
}
