import { KMS_OPERATION_NAMES, KMS_TARGET_PREFIX } from '../api/operations.ts'
import type { Operation } from './operation.ts'
import { findHeader, type WireRequest } from './wire.ts'

/** What a request asks for. */
export type Route =
  | { readonly type: 'operation'; readonly name: string; readonly operation: Operation }
  /** An operation of AWS KMS that this release does not implement. */
  | { readonly type: 'unsupported'; readonly name: string; readonly readOnly: boolean }
  | { readonly type: 'unknown'; readonly name: string }

/** The operations that are served, by `X-Amz-Target`. */
export type Routing = ReadonlyMap<string, Route>

/** The routing of these operations; all others of AWS KMS are unsupported. */
export function createRouting(operations: readonly Operation[]): Routing {
  const routes = new Map<string, Route>()
  for (const name of KMS_OPERATION_NAMES) {
    routes.set(KMS_TARGET_PREFIX + name, { type: 'unsupported', name, readOnly: CHANGES_NOTHING.test(name) })
  }
  for (const operation of operations) {
    const { name } = operation
    routes.set(KMS_TARGET_PREFIX + name, { type: 'operation', name, operation })
  }
  return routes
}

/** Source: AWS KMS Developer Guide, "Logging AWS KMS API calls": these verbs are marked read-only. */
const CHANGES_NOTHING = /^(?:Decapsulate|Derive|Describe|Encapsulate|Generate|Get|List|Sign|Verify)/

/** How a call of no known operation is named in the audit log. */
const NAMELESS = 'Unknown'
const SHOWN_NAME = /^[A-Za-z0-9]{1,64}$/

/** The operation that a request's target header names. */
export function routeOf(routing: Routing, request: WireRequest): Route {
  const target = request.method === 'POST' ? findHeader(request.rawHeaders, 'x-amz-target') : undefined
  if (target === undefined) return { type: 'unknown', name: NAMELESS }
  const route = routing.get(target)
  if (route !== undefined) return route
  const name = target.slice(target.lastIndexOf('.') + 1)
  return { type: 'unknown', name: SHOWN_NAME.test(name) ? name : NAMELESS }
}
