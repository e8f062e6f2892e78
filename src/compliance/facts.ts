/** What reports are computed from. Whoever gathers it knows records; nothing here does. */

import type { ContextLookup } from '../policy/context.ts'
import type { Levels, Policies, Principal } from '../policy/decide.ts'
import type { PolicyDocument } from '../policy/document.ts'
import type { Bindings } from '../policy/naming.ts'
import type { TouchRow } from '../store/index-port.ts'

/** A key material of a key. */
export type ReportedMaterial = {
  readonly materialId: string
  readonly state: 'current' | 'former' | 'pending'
  readonly createdAt: number
  /** Since when it is the current one, or was. */
  readonly currentAt: number
  /** Whether it can be used: imported material can be deleted or expired. */
  readonly present: boolean
  /** When imported material goes. */
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

/** A key, with what is known of it. */
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
  /** Names with prefix. */
  readonly aliases: readonly string[]
  readonly policyText: string
  readonly policy: PolicyDocument
  readonly bindings: Bindings
  /** The resource control policies that bind it. */
  readonly rcps: Levels | undefined
  /** Condition keys of who calls, with those of where the account of the key is. */
  readonly onKey: (keys: ContextLookup) => ContextLookup
  readonly rotation: { readonly periodDays: number; readonly nextAt: number } | undefined
  /** When a key that is pending deletion goes; nothing while that is not known. */
  readonly deletionAt: number | undefined
  /** The regions of a multi-Region key. */
  readonly multiRegion: { readonly primary: string; readonly replicas: readonly string[] } | undefined
  readonly keyStore: { readonly id: string; readonly name: string; readonly externalId: string } | undefined
  readonly materials: readonly ReportedMaterial[]
  readonly grants: readonly ReportedGrant[]
  /** The calls on it, the latest first. */
  readonly touches: readonly TouchRow[]
}

/** A user or role, as it would call. */
export type ReportedPrincipal = {
  readonly arn: string
  readonly account: string
  readonly principal: Principal
  readonly policies: Policies
  /** Condition keys of who calls. */
  readonly context: ContextLookup
}

/** An event that shows something. */
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
  /** The last call with it, as far as one is known. */
  readonly lastEvent: EventEvidence | undefined
}

/** Operations that use a key's material, as events and grants name them. */
const CRYPTOGRAPHIC: ReadonlySet<string> = new Set([
  ...['Decrypt', 'DeriveSharedSecret', 'Encrypt', 'Encapsulate', 'Decapsulate', 'GenerateDataKey'],
  ...['GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext', 'GenerateDataKeyWithoutPlaintext'],
  ...['GenerateMac', 'ReEncrypt', 'ReEncryptFrom', 'ReEncryptTo', 'Sign', 'Verify', 'VerifyMac'],
])

/** Whether an operation uses a key's material. */
export function isCryptographic(operation: string): boolean {
  return CRYPTOGRAPHIC.has(operation)
}

/** The last successful use of a key's material among some calls, the latest of which come first. */
export function lastUseAmong(touches: readonly TouchRow[]): TouchRow | undefined {
  return touches.find(({ failed, operation }) => !failed && isCryptographic(operation))
}

const SECOND_MS = 1000

/** `2026-11-25T09:30:00Z`. */
export function formatInstant(atMs: number): string {
  return `${new Date(Math.floor(atMs / SECOND_MS) * SECOND_MS).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}Z`
}

/** The same of seconds. */
export function formatSecond(second: number): string {
  return formatInstant(second * SECOND_MS)
}
