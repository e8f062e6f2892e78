import { largestBody } from '../api/body-size.ts'
import { KmsError } from '../api/errors.ts'
import type { EpochMs } from '../base/ports.ts'
import { REQUEST_BODY_MAX_BYTES } from '../base/request-limits.ts'
import { type AuthenticationDependencies, authenticateHead } from './authenticate.ts'
import type { Freshness } from './freshness.ts'
import type { Operation } from './operation.ts'
import { type Route, type Routing, routeOf, serviceOfHeaders, unknownRoute } from './routing.ts'
import { findForm, findHeader, type WireRequest } from './wire.ts'

/** What the head of a request is checked with, before its body has arrived. */
export type HeadCheckDependencies = AuthenticationDependencies & {
  readonly routing: Routing
  readonly freshness: Pick<Freshness, 'reached' | 'renewed'>
}

/**
 * The largest form without a signature, in bytes. Only AssumeRoleWithWebIdentity takes one: a token of 20,000
 * characters; a session policy, an ARN and a provider's id of 2,048 each; every byte of them escaped.
 */
export const UNSIGNED_FORM_MAX_BYTES = 131_072

/**
 * The largest body that the request's operation can have, in bytes. Only the body of a form names its
 * operation.
 */
export function bodyMaxBytes(routing: Routing, head: WireRequest): number {
  if (isForm(head)) {
    const isSigned = findHeader(head.rawHeaders, 'authorization') !== undefined
    return isSigned ? REQUEST_BODY_MAX_BYTES : UNSIGNED_FORM_MAX_BYTES
  }
  const route = routeOf(routing, head)
  return route.type === 'operation' ? bodyMaxOf(route.operation) : largestBody({})
}

const BODY_MAX = new WeakMap<Operation, number>()

function bodyMaxOf(operation: Operation): number {
  const known = BODY_MAX.get(operation)
  if (known !== undefined) return known
  const bytes = largestBody(operation.members)
  BODY_MAX.set(operation, bytes)
  return bytes
}

/**
 * The refusal of a request by its head, whatever its body is: the route as far as it is known, and the error.
 */
export type HeadRefusal = { readonly route: Route; readonly error: KmsError }

/** Checks a request by its head. It finds the errors that a whole request has first, and no others. */
export async function checkHead(
  dependencies: HeadCheckDependencies,
  head: WireRequest,
  now: EpochMs,
): Promise<HeadRefusal | undefined> {
  const form = isForm(head)
  const route = form ? undefined : routeOf(dependencies.routing, head)
  if (route?.type === 'operation' && route.operation.unsigned === true) return undefined
  const service = route?.service.name
  await dependencies.freshness.reached()
  let error = await errorOf(head, service, now, dependencies)
  if (error !== undefined && (await dependencies.freshness.renewed()))
    error = await errorOf(head, service, now, dependencies)
  if (error === undefined) return undefined
  // A form without a signature may name an operation that needs none.
  if (form && error.code === 'MissingAuthenticationTokenException') return undefined
  return { route: route ?? unknownRoute(serviceOfHeaders(head), 'Unknown', error), error }
}

async function errorOf(
  head: WireRequest,
  service: string | undefined,
  now: EpochMs,
  dependencies: HeadCheckDependencies,
): Promise<KmsError | undefined> {
  try {
    await authenticateHead(head, service, now, dependencies)
    return undefined
  } catch (error) {
    if (error instanceof KmsError) return error
    throw error
  }
}

function isForm(head: WireRequest): boolean {
  return head.method === 'POST' && findForm(head) !== undefined
}
