import { KmsError } from '../api/errors.ts'
import { UNSIGNED_OPERATION_NAMES } from '../api/operations.ts'
import { findFormField } from '../api/query.ts'
import { ALL_SERVICES, SERVICES, type Service } from '../api/services.ts'
import { incomplete } from '../sigv4/credential.ts'
import type { Operation } from './operation.ts'
import { findForm, findHeader, type WireRequest } from './wire.ts'

/** What a request asks for. */
export type Route =
  | {
      readonly type: 'operation'
      readonly service: Service
      readonly name: string
      readonly operation: Operation
    }
  /** An operation that the service has at AWS and that Holdfast does not implement. */
  | {
      readonly type: 'unsupported'
      readonly service: Service
      readonly name: string
      readonly readOnly: boolean
      /** Whether its calls carry no signature. */
      readonly unsigned: boolean
    }
  | { readonly type: 'unknown'; readonly service: Service; readonly name: string; readonly error: KmsError }

/** The implemented operations: by `X-Amz-Target`, or by `Version` and `Action` of a form. */
export type Routing = {
  readonly byTarget: ReadonlyMap<string, Route>
  readonly byAction: ReadonlyMap<string, Route>
}

/** The routing of these operations; all other operations of their services are unsupported. */
export function createRouting(operations: readonly Operation[]): Routing {
  const byTarget = new Map<string, Route>()
  const byAction = new Map<string, Route>()
  const add = (route: Route): void => {
    const { protocol } = route.service
    if (protocol.type === 'query') byAction.set(actionKey(protocol.version, route.name), route)
    else for (const prefix of protocol.targetPrefixes) byTarget.set(prefix + route.name, route)
  }
  for (const service of ALL_SERVICES) {
    for (const name of service.operationNames) {
      const unsigned = UNSIGNED_OPERATION_NAMES.has(name)
      add({ type: 'unsupported', service, name, readOnly: CHANGES_NOTHING.test(name), unsigned })
    }
  }
  for (const operation of operations) {
    add({ type: 'operation', service: SERVICES[operation.service], name: operation.name, operation })
  }
  return { byTarget, byAction }
}

/** Source: AWS KMS Developer Guide, "Logging AWS KMS API calls": these verbs are marked read-only. */
const CHANGES_NOTHING = /^(?:Decapsulate|Derive|Describe|Encapsulate|Generate|Get|List|Lookup|Sign|Verify)/

/** The audit log's name for a call of no known operation. */
const NAMELESS = 'Unknown'
const SHOWN_NAME = /^[A-Za-z0-9]{1,64}$/

/** The operation of a request, by its target header or its form. */
export function routeOf(routing: Routing, request: WireRequest): Route {
  const { target: named, repeated } = askedByHeaders(request.rawHeaders)
  if (repeated !== undefined) {
    const error = incomplete(`The header '${repeated}' must be given once.`)
    return unknownRoute(serviceOfHeaders(request), NAMELESS, error)
  }
  const target = request.method === 'POST' ? named : undefined
  if (target !== undefined) return routing.byTarget.get(target) ?? unknownTarget(target)
  const form = findForm(request)
  return form === undefined ? unknownRoute(SERVICES.kms, NAMELESS) : routeOfForm(routing, form)
}

const TARGET_HEADER = 'x-amz-target'
const TYPE_HEADER = 'content-type'

type AskedByHeaders = { readonly target: string | undefined; readonly repeated: string | undefined }

/**
 * The operation in the target header. Refuses a request in which a header that names the operation occurs
 * twice: two readers could take it for different calls.
 */
function askedByHeaders(rawHeaders: readonly string[]): AskedByHeaders {
  let target: string | undefined
  let targets = 0
  let types = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    // Both names are equally long, and few other names are.
    if (name.length !== TARGET_HEADER.length) continue
    const lower = name.toLowerCase()
    if (lower === TARGET_HEADER) {
      targets += 1
      target ??= rawHeaders[index + 1]
    } else if (lower === TYPE_HEADER) types += 1
    if (targets > 1 || types > 1) return { target, repeated: name }
  }
  return { target, repeated: undefined }
}

/** Whether the calls of a route carry no signature. */
export function isUnsigned(route: Route): boolean {
  if (route.type === 'operation') return route.operation.unsigned === true
  return route.type === 'unsupported' && route.unsigned
}

/** The operation of a service with the JSON protocol, by its name. */
export function routeOfName(routing: Routing, service: Service, name: string): Route {
  const { protocol } = service
  const route = protocol.type === 'json' ? routing.byTarget.get(protocol.targetPrefixes[0] + name) : undefined
  return route ?? unknownRoute(service, shownName(name))
}

/** The service whose protocol a request uses, as far as its headers show. */
export function serviceOfHeaders(request: WireRequest): Service {
  const target = findHeader(request.rawHeaders, TARGET_HEADER)
  if (target !== undefined) return serviceOfTarget(target)
  return findForm(request) === undefined ? SERVICES.kms : SERVICES.sts
}

/** A route for a name that is no operation of the service. */
export function unknownRoute(
  service: Service,
  name: string,
  error = new KmsError('UnknownOperationException'),
): Route {
  return { type: 'unknown', service, name, error }
}

function unknownTarget(target: string): Route {
  return unknownRoute(serviceOfTarget(target), shownName(target.slice(target.lastIndexOf('.') + 1)))
}

function serviceOfTarget(target: string): Service {
  if (target.startsWith(HOLDFAST_TARGET)) return SERVICES.holdfast
  return CLOUDTRAIL_TARGET.test(target) ? SERVICES.cloudtrail : SERVICES.kms
}

const HOLDFAST_TARGET = 'Holdfast_'
const CLOUDTRAIL_TARGET = /^(?:com\.amazonaws\.cloudtrail\.|CloudTrail_)/

function routeOfForm(routing: Routing, form: Uint8Array): Route {
  const version = formField(form, 'Version')
  const action = formField(form, 'Action')
  const service = ALL_SERVICES.find(
    ({ protocol }) => protocol.type === 'query' && protocol.version === version,
  )
  if (action === undefined) {
    return unknownRoute(service ?? SERVICES.sts, NAMELESS, new KmsError('MissingActionException', NO_ACTION))
  }
  const route = routing.byAction.get(actionKey(version ?? '', action))
  if (route !== undefined) return route
  const text = `Could not find operation ${shownName(action)} for version ${shownVersion(version)}`
  const error = new KmsError('UnknownOperationException', text)
  return unknownRoute(service ?? SERVICES.sts, shownName(action), error)
}

const NO_ACTION = 'The request must contain the parameter Action.'

/** A field with malformed text counts as absent. */
function formField(body: Uint8Array, name: string): string | undefined {
  try {
    return findFormField(body, name)
  } catch (error) {
    if (error instanceof KmsError) return undefined
    throw error
  }
}

function actionKey(version: string, action: string): string {
  return `${version} ${action}`
}

function shownName(name: string): string {
  return SHOWN_NAME.test(name) ? name : NAMELESS
}

const SHOWN_VERSION = /^[0-9-]{1,10}$/

function shownVersion(version: string | undefined): string {
  return version !== undefined && SHOWN_VERSION.test(version) ? version : 'NO_VERSION_SPECIFIED'
}
