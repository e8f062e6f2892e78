import type { Members, ShapeData } from '../api/shapes.ts'
import { wireName } from '../api/validate.ts'

/** The input of a recorded call, as far as it is recorded. */
export type RecordedInput = {
  readonly input: { readonly [name: string]: unknown }
  /** Members that the call must have had and that events do not show; something empty stands for them. */
  readonly hidden: readonly string[]
}

/** Members that name the key of a call and may be left out, because the ciphertext names it too. */
const NAMED_BY_CIPHERTEXT = ['KeyId', 'SourceKeyId']
const CIPHERTEXT = 'CiphertextBlob'
const NOTHING = new Uint8Array(0)

/**
 * The input behind the parameters of an event: the way back of what `shownParameters` does.
 *
 * @param resources the ARNs that the event names: the key of a ciphertext that named it.
 */
export function recordedInput(
  members: Members,
  parameters: { readonly [name: string]: unknown },
  resources: readonly string[],
): RecordedInput {
  const input = readMembers(members, parameters)
  const hidden: string[] = []
  for (const [name, { data, required }] of Object.entries(members)) {
    if (input[name] !== undefined) continue
    const isCiphertext = name === CIPHERTEXT && data.type === 'blob'
    if (!isHidden(data) || !(required || isCiphertext)) continue
    input[name] = data.type === 'blob' ? NOTHING : ''
    hidden.push(name)
  }
  const keyMember = NAMED_BY_CIPHERTEXT.find((name) => members[name] !== undefined)
  if (keyMember !== undefined && hidden.includes(CIPHERTEXT)) input[keyMember] ??= resources[0]
  return { input, hidden }
}

function isHidden(data: ShapeData): boolean {
  return data.type === 'blob' || (data.type === 'text' && data.sensitive === true)
}

function readMembers(
  members: Members,
  values: { readonly [name: string]: unknown },
): Record<string, unknown> {
  const input: Record<string, unknown> = {}
  for (const [name, { data }] of Object.entries(members)) {
    const recorded = wireName(name)
    const value = Object.hasOwn(values, recorded) ? readValue(data, values[recorded]) : undefined
    if (value !== undefined) input[name] = value
  }
  return input
}

function readValue(data: ShapeData, value: unknown): unknown {
  switch (data.type) {
    case 'map':
      return isObject(value) ? new Map(Object.entries(value)) : undefined
    case 'list':
      return Array.isArray(value) ? value.map((item) => readValue(data.of, item)) : undefined
    case 'structure':
      return isObject(value) ? readMembers(data.members, value) : undefined
    case 'timestamp':
      return typeof value === 'string' ? Date.parse(`${value} UTC`) : undefined
    case 'blob':
      return undefined
    case 'text':
    case 'enum':
      return typeof value === 'string' ? value : undefined
    case 'integer':
      return typeof value === 'number' ? value : undefined
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined
  }
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
