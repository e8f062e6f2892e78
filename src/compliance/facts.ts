/** The facts from which reports are computed, independent of stored records. */

import type { ContextLookup } from '../policy/context.ts'
import type { Levels, Policies, Principal } from '../policy/decide.ts'
import type { PolicyDocument } from '../policy/document.ts'
import type { Bindings } from '../policy/naming.ts'
import type { TouchRow } from '../store/index-port.ts'

/** A key material of a key. */
export type ReportedMaterial = {
  readonly materialId: string
  /** As in ListKeyRotations. Source: AWS KMS API Reference, "RotationsListEntry". */
  readonly state: 'CURRENT' | 'NON_CURRENT' | 'PENDING_ROTATION'
  readonly createdAt: number
  /** The time at which it became current. */
  readonly currentAt: number
  /** Whether it is usable: imported key material can be deleted or expired. */
  readonly present: boolean
  /** The expiry of imported key material. */
  readonly validTo?: number | undefined
}

/** A grant. */
export type ReportedGrant = {
  readonly id: string
  readonly name: string | undefined
  /** An ARN, or the name of a service. */
  readonly grantee: string
  readonly retiring: string | undefined
  readonly operations: readonly string[]
  readonly createdAt: number
  readonly constrained: boolean
}

/** The facts of a key. */
export type ReportedKey = {
  readonly arn: string
  readonly account: string
  readonly region: string
  readonly keyId: string
  readonly spec: string
  readonly usage: string
  readonly origin: string
  readonly state: string
  readonly description: string
  readonly createdAt: number
  /** Alias names, with their prefix. */
  readonly aliases: readonly string[]
  readonly policyText: string
  readonly policy: PolicyDocument
  readonly bindings: Bindings
  /** The resource control policies that apply to it. */
  readonly rcps: Levels | undefined
  /** Adds to a caller's condition keys those of the key's account. */
  readonly onKey: (keys: ContextLookup) => ContextLookup
  readonly rotation: { readonly periodDays: number; readonly nextAt: number } | undefined
  /** The deletion date of a key pending deletion; nothing while it is unknown. */
  readonly deletionAt: number | undefined
  /** The regions of a multi-Region key. */
  readonly multiRegion: { readonly primary: string; readonly replicas: readonly string[] } | undefined
  readonly keyStore: { readonly id: string; readonly name: string; readonly externalId: string } | undefined
  readonly materials: readonly ReportedMaterial[]
  readonly grants: readonly ReportedGrant[]
  /** The calls on the key, latest first. */
  readonly touches: readonly TouchRow[]
}

/** A user or role as a caller. */
export type ReportedPrincipal = {
  readonly arn: string
  readonly account: string
  readonly principal: Principal
  readonly policies: Policies
  /** The caller's condition keys. */
  readonly context: ContextLookup
}

/** An event as evidence. */
export type EventEvidence = {
  readonly eventId: string
  readonly operation: string
  readonly principal: string
  /** `2026-11-25T09:30:00Z`. */
  readonly at: string
}

/** An access key. */
export type ReportedAccessKey = {
  readonly id: string
  readonly account: string
  /** The ARN of the user or root user. */
  readonly owner: string
  readonly active: boolean
  readonly createdAt: number
  readonly lastUsedAt: number | undefined
  /** The last known call with the access key. */
  readonly lastEvent: EventEvidence | undefined
}

/** Operations that use key material, by their names in events and grants. */
const CRYPTOGRAPHIC: ReadonlySet<string> = new Set([
  ...['Decrypt', 'DeriveSharedSecret', 'Encrypt', 'Encapsulate', 'Decapsulate', 'GenerateDataKey'],
  ...['GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext', 'GenerateDataKeyWithoutPlaintext'],
  ...['GenerateMac', 'ReEncrypt', 'ReEncryptFrom', 'ReEncryptTo', 'Sign', 'Verify', 'VerifyMac'],
])

/** Whether an operation uses key material. */
export function isCryptographic(operation: string): boolean {
  return CRYPTOGRAPHIC.has(operation)
}

/** The last successful use of key material among calls, latest first. */
export function lastUseAmong(touches: readonly TouchRow[]): TouchRow | undefined {
  return touches.find(({ failed, operation }) => !failed && isCryptographic(operation))
}

const SECOND_MS = 1000

/** `2026-11-25T09:30:00Z`. */
export function formatInstant(atMs: number): string {
  return `${new Date(Math.floor(atMs / SECOND_MS) * SECOND_MS).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}Z`
}

/** The same for seconds. */
export function formatSecond(second: number): string {
  return formatInstant(second * SECOND_MS)
}
