import { sha256Hex } from '../crypto/hash.ts'
import {
  formatInstant,
  formatSecond,
  lastUseAmong,
  type ReportedAccessKey,
  type ReportedKey,
} from './facts.ts'

/** A key's state for comparison with the next report. */
export type KeySnapshot = {
  readonly arn: string
  readonly state: string
  readonly spec: string
  readonly usage: string
  readonly origin: string
  readonly description: string
  readonly createdAt: string
  /** SHA-256 of the policy's text, in hexadecimal. */
  readonly policySha256: string
  /** The period of automatic rotation, in days. */
  readonly rotationDays: number | null
  readonly materials: number
  readonly aliases: readonly string[]
  /** Ids. */
  readonly grants: readonly string[]
  readonly lastUsed: string | null
}

/** An access key's state for comparison with the next report. */
export type AccessKeySnapshot = {
  readonly id: string
  readonly owner: string
  readonly active: boolean
  readonly createdAt: string
  readonly lastUsed: string | null
}

/** The current snapshot of a key. */
export function snapshotOfKey(key: ReportedKey): KeySnapshot {
  const { arn, state, spec, usage, origin, description, aliases, rotation, materials, grants } = key
  const last = lastUseAmong(key.touches)
  return {
    ...{ arn, state, spec, usage, origin, description, aliases },
    createdAt: formatInstant(key.createdAt),
    policySha256: sha256Hex(key.policyText),
    rotationDays: rotation?.periodDays ?? null,
    materials: materials.length,
    grants: grants.map(({ id }) => id),
    lastUsed: last === undefined ? null : formatSecond(last.lastSecond),
  }
}

/** The current snapshot of an access key. */
export function snapshotOfAccessKey(key: ReportedAccessKey): AccessKeySnapshot {
  const { id, owner, active, createdAt, lastUsedAt } = key
  return {
    ...{ id, owner, active },
    createdAt: formatInstant(createdAt),
    lastUsed: lastUsedAt === undefined ? null : formatInstant(lastUsedAt),
  }
}
