import { oneOf, optional } from '../../api/shapes.ts'
import { fromUtf8, parseBase64, toBase64 } from '../../base/bytes.ts'
import { parseJsonText } from '../../base/json-text.ts'
import { findFunction, permissionOn, present } from '../access.ts'
import { type LambdaAnswer, type LambdaCall, type LambdaOutcome, lambdaOperation } from '../call.ts'
import { FUNCTION_NAME, QUALIFIER } from '../configuration.ts'
import { type FunctionValue, LATEST } from '../function-record.ts'
import { invalidParameter, LambdaError } from '../lambda-error.ts'
import type { InvocationResult } from '../running/environment.ts'

/** Source: AWS Lambda Developer Guide, "Lambda quotas": the payload of an asynchronous invocation. */
const EVENT_MAX_BYTES = 262_144
/** Source: Lambda API Reference, "Invoke", ClientContext. */
const CLIENT_CONTEXT_MAX_CHARS = 3_583

const TYPES = oneOf('RequestResponse', 'Event', 'DryRun')
const EMPTY_EVENT = new Uint8Array([0x7b, 0x7d])

/** Invokes a function. Source: Lambda API Reference, "Invoke". */
export const invoke = lambdaOperation({
  name: 'Invoke',
  eventName: 'Invoke',
  readOnly: false,
  isData: true,
  body: 'payload',
  members: {
    FunctionName: FUNCTION_NAME,
    Qualifier: QUALIFIER,
    InvocationType: optional(TYPES),
    LogType: optional(oneOf('None', 'Tail')),
  },
  begin: async (call, input) => {
    const found = await findFunction(call, input.FunctionName, input.Qualifier)
    return {
      permissions: [permissionOn(found, 'InvokeFunction', call)],
      run: async () => {
        const { value } = present(found)
        const payload = checkPayload(call.payload)
        switch (input.InvocationType) {
          case 'DryRun':
            return { answer: { status: 204, headers: VERSION } }
          case 'Event':
            return accept(call, value, payload)
          case 'RequestResponse':
          case undefined:
            return wait(call, value, payload, input.LogType === 'Tail')
        }
      },
    }
  },
})

const VERSION = [['X-Amz-Executed-Version', LATEST]] as const

/** An empty payload is an empty event. @throws LambdaError InvalidRequestContentException. */
function checkPayload(payload: Uint8Array): Uint8Array {
  if (payload.length === 0) return EMPTY_EVENT
  try {
    parseJsonText(fromUtf8(payload))
  } catch (cause) {
    throw new LambdaError(
      'InvalidRequestContentException',
      `Could not parse request body into json: ${cause instanceof Error ? cause.message : 'not JSON'}`,
    )
  }
  return payload
}

/** Holds an environment, so that refusals of KMS are those of the call, and invokes it when the call is recorded. */
async function wait(
  call: LambdaCall,
  value: FunctionValue,
  payload: Uint8Array,
  showsLog: boolean,
): Promise<LambdaOutcome> {
  const clientContext = clientContextOf(call)
  const held = await call.dependencies.invoker.hold(value)
  const { requestId } = call
  return {
    answer: {},
    abandon: held.release,
    perform: async () => answerOf(await held.invoke({ requestId, payload, clientContext }), showsLog),
  }
}

function answerOf({ isError, payload, log }: InvocationResult, showsLog: boolean): LambdaAnswer {
  return {
    headers: [
      ...VERSION,
      ...(isError ? [['X-Amz-Function-Error', 'Unhandled'] as const] : []),
      ...(showsLog ? [['X-Amz-Log-Result', toBase64(log)] as const] : []),
    ],
    body: payload,
  }
}

function accept(
  { dependencies, requestId }: LambdaCall,
  value: FunctionValue,
  payload: Uint8Array,
): LambdaOutcome {
  if (payload.length > EVENT_MAX_BYTES) {
    throw new LambdaError(
      'RequestTooLargeException',
      `${payload.length} byte payload is too large for the Event invocation type (limit ${EVENT_MAX_BYTES} bytes)`,
    )
  }
  const release = dependencies.events.admit(payload.length)
  return {
    answer: { status: 202 },
    abandon: release,
    committed: () => dependencies.events.add({ place: value, requestId, payload, release }),
  }
}

/** The client context as runtimes get it: JSON text. @throws LambdaError. */
function clientContextOf({ header }: LambdaCall): string | undefined {
  const given = header('x-amz-client-context')
  if (given === undefined) return undefined
  const bytes = given.length > CLIENT_CONTEXT_MAX_CHARS ? undefined : parseBase64(given)
  const text = bytes && fromUtf8(bytes)
  if (text === undefined || !/^[\x20-\x7e]*$/.test(text)) throw badClientContext()
  try {
    parseJsonText(text)
  } catch {
    throw badClientContext()
  }
  return text
}

function badClientContext(): LambdaError {
  return invalidParameter(
    'The client context must be JSON of ASCII characters in base64, of at most 3,583 characters.',
  )
}
