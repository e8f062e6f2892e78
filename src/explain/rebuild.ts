import { KmsError } from '../api/errors.ts'
import type { Input, Members } from '../api/shapes.ts'
import { inPlace } from '../dispatch/access.ts'
import { globalContext } from '../dispatch/global-context.ts'
import type { Call, Operation, Permission } from '../dispatch/operation.ts'
import { recordedCaller } from '../iam/credentials/recorded-caller.ts'
import { type ExplainingDependencies, operationKey } from './explain-dependencies.ts'
import { openedFirst, type RecordedEvent, resourcesOf } from './recorded-event.ts'
import { isOmitted, recordedInput } from './recorded-input.ts'
import type { SessionOrigins } from './session-origin.ts'

/** A recorded call, rebuilt: the permissions that it needs, and what is unknown about it. */
export type RebuiltCall = {
  readonly call: Call
  /** In the order of decision. */
  readonly permissions: readonly Permission[]
  /** Facts that are not recorded or have changed since, and so are not considered. */
  readonly unknown: readonly string[]
}

/** A call that cannot be rebuilt. */
export type NotRebuilt = { readonly because: string }

/** The dependencies of rebuilding calls. */
export type RebuildDependencies = ExplainingDependencies & { readonly origins: SessionOrigins }

/** Rebuilds a call from its audit event with the operation's own resource lookup. It changes nothing. */
export async function rebuildCall(
  dependencies: RebuildDependencies,
  event: RecordedEvent,
): Promise<RebuiltCall | NotRebuilt> {
  const operation = dependencies.operations.get(operationKey(event.eventSource, event.eventName))
  if (operation === undefined || event.eventType !== 'AwsApiCall')
    return { because: 'it is no call of an operation' }
  if (operation.unsigned === true) return { because: 'it rests on a token, which is not recorded' }
  const origin = await dependencies.origins.find(event)
  const { giveWay } = dependencies
  await giveWay()
  const caller = await recordedCaller(dependencies.records, event.userIdentity ?? {}, origin.passed)
  if (caller === undefined) return { because: nobody(event) }
  const parameters = event.requestParameters ?? {}
  if (isOmitted(parameters)) return { because: 'its parameters were too long to be recorded' }
  const { input, hidden, missing, omitted } = recordedInput(operation.members, parameters, openedFirst(event))
  if (omitted.length > 0) return { because: `its ${omitted.join(', ')} was too long to be recorded` }
  if (missing.length > 0)
    return { because: `it was not valid, or its event is not whole: there is no ${missing.join(', ')}` }
  const involved: string[] = []
  const call: Call = {
    requestId: event.requestID ?? '',
    caller,
    region: event.awsRegion,
    input: parseInput(input),
    now: Date.parse(event.eventTime),
    context: globalContext(caller, wireRequest(event), event.awsRegion, Date.parse(event.eventTime)),
    involve: ({ arn }) => void involved.push(arn),
    redact: () => {},
    identify: () => {},
  }
  try {
    await giveWay()
    const { place } = await caller.policies()
    await giveWay()
    const { permissions } = await operation.begin(inPlace(call, place))
    return { call, permissions, unknown: [...origin.unknown, ...movedOn(event, operation, involved)] }
  } catch (error) {
    if (!(error instanceof KmsError)) throw error
    const without = hidden.length === 0 ? '' : `, without ${hidden.join(', ')}, which events do not show`
    return { because: `it ends before policies are asked${without}: ${formatError(error)}` }
  }
}

function nobody({ userIdentity = {} }: RecordedEvent): string {
  const { type = 'Unknown', arn } = userIdentity
  return arn === undefined
    ? `its caller is not known (${type}): it was refused before that`
    : `its caller ${arn} is gone`
}

/** The input of an event, which was validated when the call was made. */
function parseInput(input: { readonly [name: string]: unknown }): Input<Members> {
  return input as Input<Members>
}

function wireRequest({ sourceIPAddress, userAgent, tlsDetails }: RecordedEvent) {
  return {
    method: 'POST',
    target: '/',
    rawHeaders: userAgent === undefined ? [] : ['user-agent', userAgent],
    body: new Uint8Array(0),
    connection: {
      address: sourceIPAddress,
      tls: tlsDetails && { version: tlsDetails.tlsVersion ?? '', cipherSuite: tlsDetails.cipherSuite ?? '' },
    },
  }
}

/** Resources of the event to which the same names no longer refer. */
function movedOn(
  event: RecordedEvent,
  { service }: Operation,
  involved: readonly string[],
): readonly string[] {
  if (service !== 'kms' || involved.length === 0) return []
  const gone = resourcesOf(event).filter((arn) => arn.includes(':key/') && !involved.includes(arn))
  return gone.map((arn) => `the alias of the call named ${arn} then, and ${involved.join(', ')} now`)
}

function formatError({ code, message }: KmsError): string {
  return message === '' ? code : `${code}: ${message}`
}
