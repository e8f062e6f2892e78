import type { Clock, EpochMs, Random, Timers } from '../base/ports.ts'
import type { Caller } from '../dispatch/caller.ts'
import type { EventData, EventResource } from '../dispatch/operation.ts'
import type { ContextLookup } from '../policy/context.ts'
import type { Authenticated } from './authenticate.ts'
import type { Catalogue, CatalogueChange } from './catalogue.ts'
import type { CustomerKey } from './customer-key.ts'
import type { DataKeys } from './data-keys.ts'
import type { Disposal } from './disposal.ts'
import type { BucketEntry } from './entries.ts'
import type { Locks, Release } from './locks.ts'
import type { ObjectFiles } from './object-files.ts'
import type { S3Request } from './request.ts'

/** One thing that the caller must be allowed to do. */
export type Need = {
  /** `s3:GetObject` and the like. */
  readonly action: string
  /** The ARN of a bucket or an object; `*` for actions without a resource. */
  readonly resource: string
  /** The bucket that has the resource; nothing for one that does not exist yet. */
  readonly bucket: BucketEntry | undefined
  /** Condition keys of this action. */
  readonly context?: ContextLookup
}

/** What bucket policies know of principals. */
type Principals = {
  readonly exists: (arn: string) => Promise<boolean>
  /** The unique id of a user or role that exists. */
  readonly idOf: (arn: string) => Promise<string | undefined>
  /** The name under which a policy shows a principal that it has bound to a unique id. */
  readonly shownName: (arn: string, id: string) => Promise<string>
  readonly arnsOfIds: (ids: readonly string[]) => Promise<ReadonlyMap<string, string>>
}

/** What operations work with. */
export type OperationDependencies = {
  readonly catalogue: Catalogue
  readonly files: ObjectFiles
  readonly dataKeys: DataKeys
  readonly locks: Locks
  readonly disposal: Disposal
  readonly principals: Principals
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
}

/** An authenticated call, as its operation sees it. */
export type S3Call = {
  readonly request: S3Request
  readonly authenticated: Authenticated
  readonly caller: Caller
  readonly region: string
  readonly requestId: string
  readonly now: EpochMs
  readonly dependencies: OperationDependencies
  /** Decides permissions, in order. @throws S3Error for the first that the caller does not have. */
  readonly authorize: (needs: readonly Need[]) => Promise<void>
  /**
   * Authenticates the caller again, and decides again what `authorize` has allowed, by the records as they are now.
   * Later decisions are on the caller as it is now.
   *
   * @throws S3Error.
   */
  readonly decideAgain: () => Promise<void>
  /** Names a resource in the audit event. */
  readonly involve: (resource: EventResource) => void
  /** Ends a hold, or clears a secret, once the call has its outcome. */
  readonly defer: (release: Release) => void
}

/** A call on a bucket that exists, in its region. */
export type BucketCall = S3Call & { readonly bucket: BucketEntry }

/** A call on an object, which may not exist. */
export type ObjectCall = BucketCall & {
  readonly key: string
  /** The id of the version that the call names. */
  readonly versionId: string | undefined
  /** The key that the customer sends for the object; the call clears it at its end. @throws S3Error. */
  readonly customerKey: () => CustomerKey | undefined
}

/** The answer of an operation. Nothing has changed yet. */
export type S3Answer = {
  readonly status?: number
  readonly headers?: readonly (readonly [name: string, value: string])[]
  /** A document, or the bytes of an object. */
  readonly body?: string | AsyncIterable<Uint8Array> | undefined
  /** Committed together with the audit event. */
  readonly changes?: readonly CatalogueChange[]
  /** Files that the commit has made current. */
  readonly settles?: readonly string[]
  /** Whether the catalogue names those files, asked when the commit has failed. */
  readonly isCommitted?: () => boolean
  /** Files that the commit has made useless. */
  readonly disposes?: readonly string[]
  readonly event?: {
    readonly response?: EventData
    readonly additional?: EventData
    /** What further events of the call say, when one has not enough room. */
    readonly more?: readonly EventData[]
  }
}

type Facts = {
  /** The name in audit events. */
  readonly name: string
  readonly readOnly: boolean
}

/** An operation of S3, by what it works on. */
export type S3Operation = Facts &
  (
    | { readonly on: 'service'; readonly run: (call: S3Call) => Promise<S3Answer> }
    | {
        readonly on: 'new-bucket'
        readonly run: (call: S3Call & { readonly name: string }) => Promise<S3Answer>
      }
    | {
        readonly on: 'bucket'
        /** Whether it may be called in another region than the bucket's. */
        readonly anyRegion?: true
        readonly run: (call: BucketCall) => Promise<S3Answer>
      }
    | { readonly on: 'object'; readonly run: (call: ObjectCall) => Promise<S3Answer> }
  )
