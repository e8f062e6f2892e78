import type { Members, ShapeData } from '../api/shapes.ts'
import { wireName } from '../api/validate.ts'
import { eventDate } from './event-date.ts'
import type { EventData } from './operation.ts'

/** Members that no audit event shows, in any operation. */
const NEVER_SHOWN = new Set(['GrantTokens', 'Recipient'])

/**
 * An input as an audit event shows it: members in lower camel case, without bytes, sensitive texts, grant
 * tokens and recipients; `null` when nothing is left.
 */
export function shownParameters(
  members: Members,
  input: { readonly [name: string]: unknown },
): EventData | null {
  const shown: Record<string, unknown> = {}
  let count = 0
  for (const name in members) {
    const shape = members[name]
    const value = input[name]
    if (shape === undefined || value === undefined || NEVER_SHOWN.has(name)) continue
    const shownValue = showValue(shape.data, value)
    if (shownValue === undefined) continue
    shown[wireName(name)] = shownValue
    count += 1
  }
  return count === 0 ? null : shown
}

function showValue(shape: ShapeData, value: unknown): unknown {
  switch (shape.type) {
    case 'blob':
      return undefined
    case 'text':
      return shape.sensitive ? undefined : value
    case 'map':
      return value instanceof Map ? Object.fromEntries(value) : undefined
    case 'list':
      return Array.isArray(value) ? value.map((item) => showValue(shape.of, item)) : undefined
    case 'structure':
      return showStructure(shape.members, value)
    case 'timestamp':
      return typeof value === 'number' ? eventDate(value) : undefined
    case 'enum':
    case 'integer':
    case 'boolean':
      return value
  }
}

function showStructure(members: Members, value: unknown): EventData | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  return shownParameters(members, value as { readonly [name: string]: unknown }) ?? undefined
}
