import { KmsError } from '../api/errors.ts'
import { parseJsonBody, parseJsonBodySteps } from '../api/json.ts'
import { parseForm, parseFormSteps } from '../api/query.ts'
import { SERVICES } from '../api/services.ts'
import type { Input, Members } from '../api/shapes.ts'
import { parseInput } from '../api/validate.ts'
import { type GiveWay, inSlices, type Steps } from '../base/slices.ts'
import type { Operation } from './operation.ts'
import type { Route } from './routing.ts'
import { findForm, type WireRequest } from './wire.ts'

/** The operation and the input of a call. */
export type ParsedCall = { readonly operation: Operation; readonly input: Input<Members> }

/** The maximum size of a body that Holdfast parses in one step: that takes little time. */
const PARSED_AT_ONCE_BYTES = 16_384

/** Whether parsing a request takes so long that it must give way to other requests. */
export function isLarge({ body }: WireRequest): boolean {
  return body.length > PARSED_AT_ONCE_BYTES
}

/**
 * The operation and input of a call, or the error: a call that is not valid, or names no operation, is
 * charged too.
 */
export function parseCall(route: Route, request: WireRequest): ParsedCall | KmsError {
  if (route.type !== 'operation') return unimplemented(route)
  const { operation } = route
  try {
    return { operation, input: parseInput(operation.members, parseBody(operation, request)) }
  } catch (error) {
    if (error instanceof KmsError) return error
    throw error
  }
}

/** The same for a large request, giving way to others. */
export async function parseCallInSlices(
  route: Route,
  request: WireRequest,
  giveWay: GiveWay,
): Promise<ParsedCall | KmsError> {
  if (route.type !== 'operation') return unimplemented(route)
  const { operation } = route
  try {
    return { operation, input: await inSlices(parseSteps(operation, request), giveWay) }
  } catch (error) {
    if (error instanceof KmsError) return error
    throw error
  }
}

function unimplemented(route: Exclude<Route, { type: 'operation' }>): KmsError {
  if (route.type === 'unknown') return route.error
  return new KmsError('UnsupportedOperationException', `${route.name} is not supported.`)
}

function parseBody({ service, members }: Operation, request: WireRequest): unknown {
  return SERVICES[service].protocol.type === 'json'
    ? parseJsonBody(request.body)
    : parseForm(members, formOf(request))
}

function* parseSteps({ service, members }: Operation, request: WireRequest): Steps<Input<Members>> {
  const body =
    SERVICES[service].protocol.type === 'json'
      ? yield* parseJsonBodySteps(request.body)
      : yield* parseFormSteps(members, formOf(request))
  yield
  return parseInput(members, body)
}

function formOf(request: WireRequest): Uint8Array {
  return findForm(request) ?? request.body
}
