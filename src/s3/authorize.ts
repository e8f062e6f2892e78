import { KmsError } from '../api/errors.ts'
import type { EpochMs } from '../base/ports.ts'
import type { GiveWay } from '../base/slices.ts'
import type { Caller, FindPlace } from '../dispatch/caller.ts'
import type { CallsInFlight } from '../dispatch/calls-in-flight.ts'
import type { Freshness } from '../dispatch/freshness.ts'
import { globalContext } from '../dispatch/global-context.ts'
import type { Call, Permission, Work } from '../dispatch/operation.ts'
import { runOperation } from '../dispatch/pipeline.ts'
import type { RecordQueues } from '../dispatch/record-queues.ts'
import { findHeader } from '../dispatch/wire.ts'
import type { StreamedRequest } from '../http/streaming-server.ts'
import type { ContextLookup } from '../policy/context.ts'
import { UNSIGNED_PAYLOAD } from '../sigv4/s3-signature.ts'
import type { Authenticated, AuthenticationDependencies, Proof } from './authenticate.ts'
import type { BucketPolicies } from './bucket-policies.ts'
import type { Need } from './call.ts'
import { S3Error } from './s3-error.ts'

/** The dependencies of authorization. */
export type AuthorizationDependencies = AuthenticationDependencies & {
  readonly freshness: Freshness
  readonly findPlace: FindPlace
  readonly inFlight: Pick<CallsInFlight, 'enter' | 'leave'>
  readonly queues: RecordQueues
  readonly giveWay: GiveWay
  readonly policies: Pick<BucketPolicies, 'of'>
}

/** The call of which permissions are decided. */
export type DecidedCall = {
  readonly wire: StreamedRequest
  readonly requestId: string
  readonly now: EpochMs
  readonly name: string
  readonly authenticated: Authenticated
  /** Authenticates the caller again. */
  readonly prove: Proof
}

const NO_BODY = new Uint8Array(0)

/**
 * Decides permissions by the pipeline that decides all calls; there is nothing to run.
 *
 * @throws S3Error AccessDenied for the first permission that the caller does not have.
 */
export async function authorize(
  dependencies: AuthorizationDependencies,
  decided: DecidedCall,
  needs: readonly Need[],
): Promise<void> {
  const { name, authenticated, prove } = decided
  const work: Work = {
    permissions: needs.map((need) => permissionOf(need, decided, dependencies.policies)),
    check: () => {},
    run: () => ({}),
  }
  const operation = { service: 's3', name, members: {}, begin: async () => work } as const
  try {
    await runOperation(operation, callOf(decided, authenticated.caller), {
      ...dependencies,
      finish: async () => {},
      renewed: () => dependencies.freshness.renewed(),
      authenticatedAgain: async () => callOf(decided, (await prove()).caller),
    })
  } catch (error) {
    if (error instanceof KmsError && error.code === 'AccessDeniedException') {
      throw new S3Error('AccessDenied', error.message, { reason: error.reason })
    }
    throw error
  }
}

function callOf({ wire, requestId, now, authenticated }: DecidedCall, caller: Caller): Call {
  const { region } = authenticated
  return {
    requestId,
    caller,
    region,
    input: {},
    now,
    context: globalContext(caller, { ...wire, body: NO_BODY }, region, now),
    involve: () => {},
    redact: () => {},
    identify: () => {},
  }
}

function permissionOf(
  { action, resource, bucket, context }: Need,
  decided: DecidedCall,
  policies: AuthorizationDependencies['policies'],
): Permission {
  const own = requestContext(decided, bucket)
  const { caller } = decided.authenticated
  const isPastPolicy =
    POLICY_ACTIONS.has(action) && caller.principal.type === 'Root' && caller.account === bucket?.account
  return {
    action,
    resource,
    account: bucket?.account ?? caller.account,
    policy: bucket === undefined || isPastPolicy ? undefined : policies.of(bucket),
    context: (key) => context?.(key) ?? own(key),
  }
}

/**
 * Actions that no bucket policy denies to the root user of its account, who could be locked out otherwise. Source:
 * Amazon S3 API Reference, "PutBucketPolicy".
 */
const POLICY_ACTIONS: ReadonlySet<string> = new Set([
  's3:GetBucketPolicy',
  's3:PutBucketPolicy',
  's3:DeleteBucketPolicy',
])

/** Source: Amazon S3 API Reference, "Amazon S3 Signature Version 4 Authentication Specific Policy Keys". */
const AUTH_TYPES = { header: 'REST-HEADER', query: 'REST-QUERY-STRING', form: 'POST' }

/** The keys of every action. Source: Service Authorization Reference, "Condition keys for Amazon S3". */
function requestContext(
  { wire, now, authenticated: { caller, claims, method } }: DecidedCall,
  bucket: Need['bucket'],
): ContextLookup {
  return (key) => {
    switch (key) {
      case 's3:authtype':
        return AUTH_TYPES[method]
      case 's3:signatureversion':
        return 'AWS4-HMAC-SHA256'
      case 's3:signatureage':
        return String(Math.max(0, now - claims.signedAt))
      case 's3:x-amz-content-sha256':
        // A presigned request that claims no hash is signed without its body.
        return findHeader(wire.rawHeaders, 'x-amz-content-sha256') ?? UNSIGNED_PAYLOAD
      case 's3:tlsversion':
        return wire.connection.tls?.version.replace(/^TLSv/, '')
      case 's3:resourceaccount':
        return bucket?.account ?? caller.account
      default:
        return undefined
    }
  }
}
