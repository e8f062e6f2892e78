import {
  blob,
  type Input,
  integer,
  oneOf,
  optional,
  pattern,
  structure,
  text,
  textMap,
} from '../../api/shapes.ts'
import { insert, isPageMarker, remove } from '../../store/records.ts'
import { findFunction, passingRole, permissionOn, permissionOnAll, present, requestTags } from '../access.ts'
import { type LambdaCall, type LambdaOutcome, lambdaOperation } from '../call.ts'
import { ZIP_MAX_BYTES } from '../code-zip.ts'
import {
  ARCHITECTURES,
  CONFIGURATION,
  checkHandler,
  checkRuntime,
  checkTags,
  checkVariables,
  environmentFor,
  FUNCTION_NAME,
  PUBLISH,
  QUALIFIER,
  ROLE,
  recordedFunction,
  refuseNotOffered,
  shownFunction,
} from '../configuration.ts'
import type { Variables } from '../environment-keys.ts'
import { assumableRole, retireGrant } from '../execution-role.ts'
import {
  checkNewName,
  FUNCTION,
  type FunctionSettings,
  type FunctionValue,
  type NamedFunction,
  partitionOf,
  type Tag,
} from '../function-record.ts'
import { invalidParameter, LambdaError } from '../lambda-error.ts'

const CREATE = {
  ...CONFIGURATION,
  FunctionName: FUNCTION_NAME,
  Role: ROLE,
  Code: structure({ ZipFile: optional(blob({ max: ZIP_MAX_BYTES })) }),
  Architectures: ARCHITECTURES,
  Tags: optional(textMap()),
  Publish: PUBLISH,
}

/** Functions of an account in a region: Holdfast's own bound. */
const FUNCTIONS_MAX = 1_000
const TIMEOUT_BY_DEFAULT = 3
const MEMORY_BY_DEFAULT = 128

/** Creates a function. Source: Lambda API Reference, "CreateFunction". */
export const createFunction = lambdaOperation({
  name: 'CreateFunction',
  eventName: 'CreateFunction20150331',
  readOnly: false,
  body: 'json',
  members: CREATE,
  hidden: ['Environment', 'Code'],
  checkBody: refuseNotOffered,
  begin: async (call, input) => {
    const found = await findFunction(call, input.FunctionName)
    const { named, record } = found
    const { dependencies, caller } = call
    const role = await dependencies.roles.find(input.Role)
    const tags = checkTags(input.Tags)
    return {
      permissions: [
        permissionOn({ named, record: undefined }, 'CreateFunction', call, requestTags(tags)),
        passingRole(call, input.Role, role, named),
      ],
      run: async () => {
        checkNewName(named)
        if (named.account !== caller.account) {
          throw invalidParameter('A function is created in the account of its caller.')
        }
        if (record !== undefined) throw alreadyExists(named.name)
        const settings = settingsOf(call, input)
        const zip = input.Code.ZipFile
        if (zip === undefined || zip.length === 0) throw invalidParameter('Code.ZipFile is required.')
        const { id: roleId } = await assumableRole(role, named)
        await checkRoom(call)
        const variables = checkVariables(input.Environment?.Variables)
        const base = { named, tags, variables, architecture: input.Architectures?.[0] ?? 'x86_64' }
        return create(call, { ...base, settings: { ...settings, roleId } }, zip)
      },
    }
  },
})

type Given = Input<typeof CREATE>

function settingsOf({ dependencies }: LambdaCall, input: Given): Omit<FunctionSettings, 'roleId'> {
  const runtime = checkRuntime(input.Runtime, dependencies.runtimes)
  return {
    runtime,
    handler: checkHandler(runtime, input.Handler),
    description: input.Description ?? '',
    timeoutSeconds: input.Timeout ?? TIMEOUT_BY_DEFAULT,
    memoryMb: input.MemorySize ?? MEMORY_BY_DEFAULT,
    tracing: input.TracingConfig?.Mode ?? 'PassThrough',
    kmsKeyArn: input.KMSKeyArn === '' ? undefined : input.KMSKeyArn,
    roleArn: input.Role,
  }
}

type NewFunction = {
  readonly named: NamedFunction
  readonly tags: readonly Tag[]
  readonly variables: Variables | undefined
  readonly architecture: string
  readonly settings: FunctionSettings
}

/** Keeps the code and seals the environment of a new function. */
async function create(
  { caller, dependencies, now }: LambdaCall,
  { named, tags, variables, architecture, settings }: NewFunction,
  zip: Uint8Array,
): Promise<LambdaOutcome> {
  const { account, region, name } = named
  const code = await dependencies.code.put(named, zip)
  const abandon = (): void => void dependencies.code.remove(code.file).catch(() => {})
  try {
    const { kmsKeyArn, roleArn } = settings
    const environment =
      variables && (await dependencies.keys.seal({ caller, place: named, variables, kmsKeyArn, roleArn }))
    const place = { account, region, name }
    const value: FunctionValue = {
      format: 1,
      ...place,
      ...settings,
      architecture,
      code,
      environment,
      tags,
      policy: undefined,
      modifiedAt: now,
      revisionId: dependencies.random.uuid(),
    }
    return created(value, variables, abandon)
  } catch (error) {
    abandon()
    throw error
  }
}

function created(
  value: FunctionValue,
  variables: Readonly<Record<string, string>> | undefined,
  abandon: () => void,
): LambdaOutcome {
  const environment = variables === undefined ? undefined : { Variables: variables }
  return {
    answer: { status: 201, body: shownFunction(value, environment) },
    changes: [insert(FUNCTION, partitionOf(value), value.name, value)],
    event: { response: recordedFunction(value) },
    abandon,
  }
}

function alreadyExists(name: string): LambdaError {
  return new LambdaError('ResourceConflictException', `Function already exist: ${name}`)
}

async function checkRoom({ caller, region, dependencies }: LambdaCall): Promise<void> {
  const partition = partitionOf({ account: caller.account, region })
  const { records } = await dependencies.records.list(FUNCTION, { partition, limit: FUNCTIONS_MAX })
  if (records.length >= FUNCTIONS_MAX) {
    throw new LambdaError('CodeStorageExceededException', `There are ${FUNCTIONS_MAX} functions already.`)
  }
}

const NAMED = { FunctionName: FUNCTION_NAME, Qualifier: QUALIFIER }

/** Shows a function. Source: Lambda API Reference, "GetFunction". */
export const getFunction = lambdaOperation({
  name: 'GetFunction',
  eventName: 'GetFunction20150331v2',
  readOnly: true,
  body: 'none',
  members: NAMED,
  begin: async (call, input) => {
    const found = await findFunction(call, input.FunctionName, input.Qualifier)
    return {
      permissions: [permissionOn(found, 'GetFunction', call)],
      run: async () => {
        const { value } = present(found)
        const tags = Object.fromEntries(value.tags.map(({ key, value: text }) => [key, text]))
        return {
          answer: {
            body: {
              Configuration: shownFunction(value, await environmentFor(call, value)),
              Code: { RepositoryType: 'Holdfast' },
              ...(value.tags.length > 0 && { Tags: tags }),
            },
          },
        }
      },
    }
  },
})

/** Shows the configuration of a function. Source: Lambda API Reference, "GetFunctionConfiguration". */
export const getFunctionConfiguration = lambdaOperation({
  name: 'GetFunctionConfiguration',
  eventName: 'GetFunctionConfiguration20150331v2',
  readOnly: true,
  body: 'none',
  members: NAMED,
  begin: async (call, input) => {
    const found = await findFunction(call, input.FunctionName, input.Qualifier)
    return {
      permissions: [permissionOn(found, 'GetFunctionConfiguration', call)],
      run: async () => {
        const { value } = present(found)
        return { answer: { body: shownFunction(value, await environmentFor(call, value)) } }
      },
    }
  },
})

/** Deletes a function. Source: Lambda API Reference, "DeleteFunction". */
export const deleteFunction = lambdaOperation({
  name: 'DeleteFunction',
  eventName: 'DeleteFunction20150331',
  readOnly: false,
  body: 'none',
  members: NAMED,
  begin: async (call, input) => {
    const found = await findFunction(call, input.FunctionName, input.Qualifier)
    const { dependencies } = call
    return {
      permissions: [permissionOn(found, 'DeleteFunction', call)],
      run: async () => {
        const record = present(found)
        if (found.named.qualifier !== undefined) {
          throw invalidParameter('$LATEST version cannot be deleted without deleting the function.')
        }
        return {
          answer: { status: 204 },
          changes: [remove(record)],
          perform: async () => {
            dependencies.invoker.retire(record.value)
            await retireGrant(call, found.named, record.value)
            await dependencies.code.remove(record.value.code.file)
            return { status: 204 }
          },
        }
      },
    }
  },
})

/** Source: the service model, `MaxListItems`; an answer of AWS has at most 50. */
const LIST_MAX = 10_000
const PAGE = 50
const PAGING = {
  Marker: optional(text({ max: 1024 })),
  MaxItems: optional(integer({ min: 1, max: LIST_MAX })),
}

/** Lists the functions of an account in a region. Source: Lambda API Reference, "ListFunctions". */
export const listFunctions = lambdaOperation({
  name: 'ListFunctions',
  eventName: 'ListFunctions20150331',
  readOnly: true,
  body: 'none',
  members: {
    ...PAGING,
    MasterRegion: optional(text({ max: 64, pattern: pattern('ALL|[a-z]{2}(-gov)?-[a-z]+-\\d{1}') })),
    FunctionVersion: optional(oneOf('ALL')),
  },
  begin: async (call, { Marker: after, MaxItems: most = PAGE }) => ({
    permissions: [permissionOnAll(call, 'ListFunctions')],
    run: async () => {
      if (after !== undefined && !isPageMarker(after)) throw invalidParameter('Invalid Marker.')
      const partition = partitionOf({ account: call.caller.account, region: call.region })
      const query = { partition, after, limit: Math.min(most, PAGE) }
      const { records, next } = await call.dependencies.records.list(FUNCTION, query)
      const functions: object[] = []
      for (const { value } of records) functions.push(shownFunction(value, await environmentFor(call, value)))
      return { answer: { body: { Functions: functions, ...(next !== undefined && { NextMarker: next }) } } }
    },
  }),
})

/** Lists the versions of a function: there is one. Source: Lambda API Reference, "ListVersionsByFunction". */
export const listVersions = lambdaOperation({
  name: 'ListVersionsByFunction',
  eventName: 'ListVersionsByFunction20150331',
  readOnly: true,
  body: 'none',
  members: { FunctionName: FUNCTION_NAME, ...PAGING },
  begin: async (call, input) => {
    const found = await findFunction(call, input.FunctionName)
    return {
      permissions: [permissionOn(found, 'ListVersionsByFunction', call)],
      run: async () => {
        const { value } = present(found)
        const shown = shownFunction(value, await environmentFor(call, value))
        return { answer: { body: { Versions: [shown] } } }
      },
    }
  },
})
