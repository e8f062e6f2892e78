import { KmsError } from '../api/errors.ts'
import type { CalledService } from '../api/services.ts'
import type { GiveWay } from '../base/slices.ts'
import { type AccessRequest, decide, type Refusal } from '../policy/decide.ts'
import { denialMessage } from '../policy/denial.ts'
import { formatOutcome } from '../policy/reason.ts'
import { StoreConflict } from '../store/port.ts'
import type { Change } from '../store/records.ts'
import { type Access, accessTo, inPlace, resourcePlace } from './access.ts'
import type { FindPlace } from './caller.ts'
import type { CallsInFlight } from './calls-in-flight.ts'
import { tooFast } from './failures.ts'
import { countedAs } from './issuer.ts'
import { type Call, isDryRun, type Operation, type Outcome, type Permission, type Work } from './operation.ts'
import { QueueFull, type RecordQueues } from './record-queues.ts'
import { isRevocation } from './revocations.ts'

/**
 * Runs of one call whose commits conflict with those of other processes. After that the caller gets a
 * throttling error, as from AWS for a burst of changes to one key.
 */
export const MAX_RUNS = 25

/** An operation of the API listener, or one of the S3 gateway. */
export type RunnableOperation = Pick<Operation, 'name' | 'members' | 'begin'> & {
  readonly service: CalledService
}

/** The dependencies of a run. */
export type RunDependencies = {
  /** Makes an outcome and its event durable. */
  readonly finish: (outcome: Outcome) => Promise<void>
  /** Validates the cache; returns whether any record has changed. */
  readonly renewed: () => Promise<boolean>
  /** The call of the caller as it is now. @throws KmsError when its access key is no longer valid. */
  readonly authenticatedAgain: () => Promise<Call>
  readonly findPlace: FindPlace
  readonly inFlight: Pick<CallsInFlight, 'enter' | 'leave'>
  /** Calls of this process that change the same record wait here for each other. */
  readonly queues: RecordQueues
  /** Gives way to other requests between the steps of a large call; never for others. */
  readonly giveWay: GiveWay
}

/**
 * Runs one authenticated call, if its account and principal may have one more call in flight.
 *
 * @throws KmsError and whatever a dependency throws; then nothing has changed, unless the store's thread has died
 * during the commit: see `Journal.commit`.
 */
export async function runOperation(
  operation: RunnableOperation,
  call: Call,
  dependencies: RunDependencies,
): Promise<Outcome> {
  const { inFlight } = dependencies
  const urgency = isRevocation(operation.service, operation.name, call.input) ? 'revocation' : 'usual'
  if (!inFlight.enter(call.caller, urgency)) throw tooFast(operation.service)
  try {
    return await runToEnd(operation, call, dependencies)
  } finally {
    inFlight.leave(call.caller, urgency)
  }
}

/**
 * Runs one authenticated call, from its input to a durable outcome. Only this file has the order of the
 * steps: find, decide, check, run, make durable.
 *
 * If another call of this process holds a record, this call waits for it. If another process was first,
 * `finish` throws a {@link StoreConflict}. After both, the cache is validated, the caller is authenticated again,
 * and the operation runs again from its reads. After a denial, it runs again once if a record has changed since
 * the cache was validated: a denial is never stale.
 *
 * @throws KmsError and whatever a dependency throws; then nothing has changed, unless the store's thread has died
 * during the commit: see `Journal.commit`.
 */
async function runToEnd(
  operation: RunnableOperation,
  call: Call,
  dependencies: RunDependencies,
): Promise<Outcome> {
  const isUrgent = (): boolean => isRevocation(operation.service, operation.name, call.input)
  const turn = dependencies.queues.turn(isUrgent, countedAs(call.caller)?.principal)
  try {
    for (let run = 1; run <= MAX_RUNS; run += 1) {
      const outcome = await runFresh(operation, call, dependencies, run)
      try {
        const overtaken = turn.take(outcome.changes ?? NO_CHANGES)
        if (overtaken === undefined) {
          await dependencies.finish(outcome)
          return outcome
        }
        await overtaken
      } catch (error) {
        if (!(error instanceof StoreConflict)) {
          outcome.dispose?.()
          throw error instanceof QueueFull ? tooFast(operation.service) : error
        }
      }
      outcome.dispose?.()
    }
    throw tooFast(operation.service)
  } finally {
    turn.release()
  }
}

const NO_CHANGES: readonly Change[] = []

async function runFresh(
  operation: RunnableOperation,
  call: Call,
  dependencies: RunDependencies,
  run: number,
): Promise<Outcome> {
  let current = call
  if (run > 1) {
    // Permissions and the access key may be gone meanwhile, which no record's version shows.
    await dependencies.renewed()
    current = await authenticatedAgain(call, dependencies)
  }
  try {
    return await runOnce(operation, current, dependencies)
  } catch (error) {
    if (!(error instanceof KmsError) || !(await dependencies.renewed())) throw error
    return runOnce(operation, await authenticatedAgain(call, dependencies), dependencies)
  }
}

async function authenticatedAgain(call: Call, dependencies: RunDependencies): Promise<Call> {
  try {
    return await dependencies.authenticatedAgain()
  } catch (error) {
    call.redact()
    throw error
  }
}

async function runOnce(
  operation: RunnableOperation,
  call: Call,
  dependencies: RunDependencies,
): Promise<Outcome> {
  const work = await beginAllowed(operation, call, dependencies)
  const waiting = dependencies.giveWay()
  if (waiting !== undefined) await waiting
  work.check()
  const outcome = await work.run()
  // An outcome is only computed until it is committed, so a dry run stops here.
  if (operation.members['DryRun'] === undefined || !isDryRun(call)) return outcome
  outcome.dispose?.()
  throw new KmsError('DryRunOperationException', DRY_RUN)
}

/**
 * Finds the work of a call and checks its permissions. The event names no resources of others unless the
 * caller is allowed.
 */
async function beginAllowed(
  operation: RunnableOperation,
  call: Call,
  { findPlace }: Pick<RunDependencies, 'findPlace'>,
): Promise<Work> {
  try {
    const found = call.caller.policies()
    const own = found instanceof Promise ? await found : found
    const placed = inPlace(call, own.place)
    const work = await operation.begin(placed)
    for (const permission of work.permissions) {
      const place = resourcePlace(call, permission, own, findPlace)
      const owner = place instanceof Promise ? await place : place
      const pending = authorize(placed, permission, accessTo(placed, permission, own, owner))
      if (pending !== undefined) await pending
    }
    return work
  } catch (error) {
    call.redact()
    throw error
  }
}

const DRY_RUN = 'The request would have succeeded, but the DryRun option is set.'

/**
 * Decides by the policies, synchronously. If they merely do not allow, decides by grants and returns a
 * promise.
 *
 * @throws AccessDeniedException with AWS's text.
 */
function authorize(
  call: Call,
  permission: Permission,
  { request, policies }: Access,
): Promise<void> | undefined {
  const decision = decide(request, policies)
  if (decision.allow) return undefined
  const { grants } = permission
  if (grants !== undefined && decision.why.kind === 'NotAllowed') {
    return authorizeByGrants(call, permission, { request, policies, grants })
  }
  throw refusal(call, permission, request, decision)
}

type Asked = Access & { readonly grants: NonNullable<Permission['grants']> }

/** @throws AccessDeniedException. */
async function authorizeByGrants(
  call: Call,
  permission: Permission,
  { request, policies, grants }: Asked,
): Promise<void> {
  const decision = decide(request, { ...policies, grants: await grants() })
  if (!decision.allow) throw refusal(call, permission, request, decision)
}

function refusal(call: Call, permission: Permission, request: AccessRequest, decision: Refusal): KmsError {
  const foreign = permission.principal !== undefined || permission.account !== call.caller.account
  if (foreign && permission.hidden !== undefined) return permission.hidden
  // The reason is for the resource's account only; the event of a caller from another account goes elsewhere.
  const options = foreign ? {} : { reason: formatOutcome(decision) }
  return new KmsError('AccessDeniedException', denialMessage(decision, request, permission.shown), options)
}
