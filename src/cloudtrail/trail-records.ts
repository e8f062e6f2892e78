import type { PlaceValue } from '../audit/log/positions.ts'
import type { EventFilter, EventSelector, LogFileKind, LoggingPeriod } from '../audit-index/collect.ts'
import { kindOfFormat1 } from '../store/kind.ts'
import { type Kind, LIST_MAX_RECORDS, type Records, type Stored } from '../store/records.ts'

/** A tag of a trail. */
export type TrailTag = { readonly key: string; readonly value: string }

/** A trail. Its partition is the account, its name `<home region>/<trail name>`. */
export type TrailValue = {
  readonly format: 1
  readonly name: string
  readonly region: string
  readonly bucket: string
  readonly prefix?: string
  readonly globalEvents: boolean
  readonly multiRegion: boolean
  /** Whether digest files are written. */
  readonly validation: boolean
  readonly selectors: readonly EventSelector[]
  readonly insights: readonly string[]
  readonly tags: readonly TrailTag[]
  /** Oldest first; all but the last have ended. */
  readonly periods: readonly LoggingPeriod[]
}

/** The kind of trails. */
export const TRAIL: Kind<TrailValue> = kindOfFormat1('trail')

/** Trails of an account in one region. Source: AWS CloudTrail User Guide, "Quotas". */
export const TRAILS_MAX = 5

/** The name of a trail's record. */
export function trailRecordName(region: string, name: string): string {
  return `${region}/${name}`
}

/** Every trail of an account, by region and name. */
export async function listTrails(records: Records, account: string): Promise<readonly Stored<TrailValue>[]> {
  const page = await records.list(TRAIL, { partition: account, limit: LIST_MAX_RECORDS })
  return page.records.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** Whether a trail delivers now. */
export function isLogging({ periods }: TrailValue): boolean {
  const last = periods.at(-1)
  return last !== undefined && last.to === undefined
}

/** The state of a trail's delivery: the same partition and name as the trail's. */
export type DeliveryValue = {
  readonly format: 1
  /** By node, the position up to which its events are delivered. */
  readonly positions: Readonly<Record<string, PlaceValue>>
  /** The files that are being put into the bucket: after a crash they are put again, with the same bytes. */
  readonly plan?: DeliveryPlan
  /** Log files that the next digest names. */
  readonly files: readonly DeliveredFile[]
  /** The chains of digests that have begun, by region. */
  readonly chains: Readonly<Record<string, DigestChain>>
  readonly lastDelivery?: number
  readonly lastDigest?: number
  readonly lastError?: string
}

/** A chain of digests: where the next one begins, and the last. */
export type DigestChain = { readonly from: number; readonly previous?: DeliveredDigest }

/** Files whose delivery has begun. */
export type DeliveryPlan = {
  readonly positions: Readonly<Record<string, PlaceValue>>
  readonly files: readonly DeliveredFile[]
  /** The filter of the events, so that the same are selected again. */
  readonly filter: EventFilter
}

/** A log file in a bucket. */
export type DeliveredFile = {
  readonly object: string
  readonly region: string
  readonly kind: LogFileKind
  /** SHA-256 of the uncompressed bytes, lower-case hexadecimal. */
  readonly hash: string
  readonly oldest: string
  readonly newest: string
}

/** A digest file in a bucket. */
export type DeliveredDigest = {
  readonly bucket: string
  readonly object: string
  readonly hash: string
  readonly signature: string
}

/** The kind of delivery states. */
export const DELIVERY: Kind<DeliveryValue> = kindOfFormat1('trail-delivery')

/** A key that signs digests. Partition: the region; name: its fingerprint. */
export type DigestKeyValue = {
  readonly format: 1
  /** PKCS #8 DER, base64. The record is sealed. */
  readonly privateKey: string
  /** PKCS #1 DER, base64. */
  readonly publicKey: string
  readonly createdAt: number
}

/** The kind of digest keys. */
export const DIGEST_KEY: Kind<DigestKeyValue> = kindOfFormat1('digest-key')
