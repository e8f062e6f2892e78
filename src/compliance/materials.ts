import { formatTable } from '../base/table.ts'
import type { TouchRow } from '../store/index-port.ts'
import { formatInstant, formatSecond, type ReportedKey, type ReportedMaterial } from './facts.ts'

/** A principal that decrypted with a key material. */
type MaterialUser = {
  readonly principal: string
  readonly decrypts: number
  /** Seconds since 1970. */
  readonly lastSecond: number
  /** The event ID of the last call. */
  readonly eventId: string
}

/** A key material and its decryptions. */
export type MaterialUsage = {
  readonly material: ReportedMaterial
  readonly decrypts: number
  /** Latest first. */
  readonly users: readonly MaterialUser[]
}

/**
 * The decryptions with each key material of a key, by Decrypt or as the source of ReEncrypt, since the first
 * event of the log. Materials are in the order of their creation.
 */
export function materialUsage({
  materials,
  touches,
}: Pick<ReportedKey, 'materials' | 'touches'>): readonly MaterialUsage[] {
  const opened = touches.filter((touch) => touch.opened && !touch.failed)
  return materials.map((material) => {
    const users = usersOf(opened.filter((touch) => touch.material === material.materialId))
    return { material, decrypts: users.reduce((sum, { decrypts }) => sum + decrypts, 0), users }
  })
}

function usersOf(touches: readonly TouchRow[]): readonly MaterialUser[] {
  const users = new Map<string, MaterialUser>()
  for (const { principal, calls, lastSecond, eventId } of touches) {
    const known = users.get(principal)
    const last = known === undefined || lastSecond > known.lastSecond ? { lastSecond, eventId } : known
    users.set(principal, { ...last, principal, decrypts: (known?.decrypts ?? 0) + calls })
  }
  return [...users.values()].sort(
    (one, other) => other.lastSecond - one.lastSecond || (one.principal < other.principal ? -1 : 1),
  )
}

const COLUMNS = ['material', 'state', 'current since', 'decrypts', 'last decrypt', 'principal', 'event']

/** The same as a table, with a line for each key material and principal. */
export function formatMaterials(usage: readonly MaterialUsage[]): readonly string[] {
  const rows = usage.flatMap(({ material, users }) => {
    const { materialId, present, state, currentAt } = material
    const shown = present ? state : `${state}, deleted`
    const own = [materialId, shown, state === 'PENDING_ROTATION' ? '-' : formatInstant(currentAt)]
    if (users.length === 0) return [[...own, '0', '-', '-', '-']]
    return users.map(({ principal, decrypts, lastSecond, eventId }) => [
      ...own,
      String(decrypts),
      formatSecond(lastSecond),
      principal,
      eventId,
    ])
  })
  return formatTable([COLUMNS, ...rows])
}

/** The same for programs. */
export function jsonOfMaterials(usage: readonly MaterialUsage[]): readonly object[] {
  return usage.map(({ material, decrypts, users }) => ({
    materialId: material.materialId,
    state: material.state,
    present: material.present,
    createdAt: formatInstant(material.createdAt),
    ...(material.state === 'PENDING_ROTATION' ? {} : { currentAt: formatInstant(material.currentAt) }),
    ...(material.validTo === undefined ? {} : { validTo: formatInstant(material.validTo) }),
    decrypts,
    principals: users.map(({ principal, lastSecond, eventId, ...user }) => ({
      principal,
      decrypts: user.decrypts,
      last: formatSecond(lastSecond),
      lastEventId: eventId,
    })),
  }))
}

/** One sentence that says what the decryptions mean for a rotation. */
export function rotationAdvice(usage: readonly MaterialUsage[]): string {
  const older = usage.filter(({ material }) => material.state === 'NON_CURRENT')
  if (older.length === 0) return 'the key has no NON_CURRENT key material'
  const open = older.filter(({ decrypts }) => decrypts > 0)
  if (open.length === 0) return 'no NON_CURRENT key material was ever used to decrypt'
  const last = Math.max(...open.flatMap(({ users }) => users.map(({ lastSecond }) => lastSecond)))
  return `NON_CURRENT key materials with decryptions: ${open.length} of ${older.length}, the last at ${formatSecond(last)}`
}
