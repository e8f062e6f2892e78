import type { OutputValue } from '../api/json.ts'
import type { Steps } from '../base/slices.ts'

/** Converts a value to wire member names, without null or missing members. */
export function* withCapitals(value: unknown): Steps<OutputValue> {
  if (typeof value !== 'object' || value === null) return parseScalar(value)
  if (Array.isArray(value)) {
    const items: OutputValue[] = []
    for (const item of value) items.push(yield* withCapitals(item))
    return items
  }
  yield
  const members: Record<string, OutputValue> = {}
  for (const [name, member] of Object.entries(value)) {
    if (member === null || member === undefined) continue
    members[name.charAt(0).toUpperCase() + name.slice(1)] = yield* withCapitals(member)
  }
  return members
}

/** Parses a scalar: reports contain only objects, lists, texts, numbers and booleans. */
function parseScalar(value: unknown): OutputValue {
  return value as OutputValue
}
