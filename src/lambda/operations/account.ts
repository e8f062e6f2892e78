import { findFunction, permissionOn, permissionOnAll, present } from '../access.ts'
import { type LambdaOperation, lambdaOperation } from '../call.ts'
import { UNZIPPED_MAX_BYTES, ZIP_MAX_BYTES } from '../code-zip.ts'
import { FUNCTION_NAME, QUALIFIER } from '../configuration.ts'
import { FUNCTION, type FunctionValue, functionArn, partitionOf } from '../function-record.ts'
import { LambdaError } from '../lambda-error.ts'

/** Source: AWS Lambda Developer Guide, "Lambda quotas". */
const STORAGE_MAX_BYTES = 80_530_636_800
const FUNCTIONS_MAX = 1_000

/** Shows the quotas of an account and their use. Source: Lambda API Reference, "GetAccountSettings". */
export const getAccountSettings = lambdaOperation({
  name: 'GetAccountSettings',
  eventName: 'GetAccountSettings20160819',
  readOnly: true,
  body: 'none',
  members: {},
  begin: async (call) => ({
    permissions: [permissionOnAll(call, 'GetAccountSettings')],
    run: async () => {
      const partition = partitionOf({ account: call.caller.account, region: call.region })
      const { records } = await call.dependencies.records.list(FUNCTION, { partition, limit: FUNCTIONS_MAX })
      const { environmentsMax } = call.dependencies.invoker
      return {
        answer: {
          body: {
            AccountLimit: {
              TotalCodeSize: STORAGE_MAX_BYTES,
              CodeSizeUnzipped: UNZIPPED_MAX_BYTES,
              CodeSizeZipped: ZIP_MAX_BYTES,
              ConcurrentExecutions: environmentsMax,
              UnreservedConcurrentExecutions: environmentsMax,
            },
            AccountUsage: {
              TotalCodeSize: records.reduce((sum, { value }) => sum + value.code.sizeBytes, 0),
              FunctionCount: records.length,
            },
          },
        },
      }
    },
  }),
})

/** A question about a function that always has the same answer. */
function constant(
  name: string,
  eventName: string,
  answer: (value: FunctionValue) => object,
): LambdaOperation {
  return lambdaOperation({
    name,
    eventName,
    readOnly: true,
    body: 'none',
    members: { FunctionName: FUNCTION_NAME, Qualifier: QUALIFIER },
    begin: async (call, input) => {
      const found = await findFunction(call, input.FunctionName, input.Qualifier)
      return {
        permissions: [permissionOn(found, name, call)],
        run: async () => ({ answer: { body: answer(present(found).value) } }),
      }
    },
  })
}

function none(what: string): never {
  throw new LambdaError('ResourceNotFoundException', `The ${what} does not exist.`)
}

/** What tools ask about every function, and Holdfast has nothing of. Source: Lambda API Reference. */
export const CONSTANTS = {
  codeSigningConfig: constant('GetFunctionCodeSigningConfig', 'GetFunctionCodeSigningConfig', (value) => ({
    FunctionName: value.name,
    CodeSigningConfigArn: '',
  })),
  concurrency: constant('GetFunctionConcurrency', 'GetFunctionConcurrency', () => ({})),
  eventInvokeConfig: constant('GetFunctionEventInvokeConfig', 'GetFunctionEventInvokeConfig', () =>
    none('event invoke configuration'),
  ),
  urlConfig: constant('GetFunctionUrlConfig', 'GetFunctionUrlConfig', () => none('function URL')),
  recursionConfig: constant('GetFunctionRecursionConfig', 'GetFunctionRecursionConfig', () => ({
    RecursiveLoop: 'Allow',
  })),
  runtimeManagementConfig: constant('GetRuntimeManagementConfig', 'GetRuntimeManagementConfig', (value) => ({
    UpdateRuntimeOn: 'FunctionUpdate',
    FunctionArn: functionArn(value),
  })),
  aliases: constant('ListAliases', 'ListAliases20150331', () => ({ Aliases: [] })),
}
