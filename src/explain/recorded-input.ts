import type { Members, ShapeData } from '../api/shapes.ts'
import { wireName } from '../api/validate.ts'

/** The recorded part of a call's input. */
export type RecordedInput = {
  readonly input: { readonly [name: string]: unknown }
  /** Members that events do not show; an empty value stands for each required one. */
  readonly hidden: readonly string[]
  /** Required members that events show and this event lacks: the call was invalid. */
  readonly missing: readonly string[]
  /** Members that were too long for the event, and on which the required permissions may depend. */
  readonly omitted: readonly string[]
}

/** Optional members that name the key of a call, since the ciphertext names it too. */
const NAMED_BY_CIPHERTEXT = ['KeyId', 'SourceKeyId']
/** Members that events of CreateKey also show under an older name, while a call has only one. */
const OLDER_NAMES = [['KeySpec', 'CustomerMasterKeySpec']] as const
const CIPHERTEXT = 'CiphertextBlob'
const NOTHING = new Uint8Array(0)

/**
 * Restores the input from an event's parameters: the inverse of `shownParameters`.
 *
 * @param resources the event's ARNs, which contain the key that a ciphertext named.
 */
export function recordedInput(
  members: Members,
  parameters: { readonly [name: string]: unknown },
  resources: readonly string[],
): RecordedInput {
  const omitted = Object.keys(members).filter((name) => isOmitted(parameters[wireName(name)]))
  const input = readMembers(members, parameters)
  for (const [name, older] of OLDER_NAMES) if (input[name] !== undefined) delete input[older]
  const hidden = Object.entries(members).filter(
    ([name, { data }]) => input[name] === undefined && (isHidden(data) || isLongText(name, data, omitted)),
  )
  for (const [name, { data, required }] of hidden) {
    if (required || name === CIPHERTEXT) input[name] = data.type === 'blob' ? NOTHING : ''
  }
  const names = hidden.map(([name]) => name)
  const keyMember = NAMED_BY_CIPHERTEXT.find((name) => members[name] !== undefined)
  if (keyMember !== undefined && names.includes(CIPHERTEXT)) input[keyMember] ??= resources[0]
  const missing = Object.keys(members).filter(
    (name) => members[name]?.required === true && input[name] === undefined,
  )
  return { input, hidden: names, missing, omitted: omitted.filter((name) => !names.includes(name)) }
}

/** Whether an omitted text is a policy or description, on which no decision depends. */
function isLongText(name: string, data: ShapeData, omitted: readonly string[]): boolean {
  return data.type === 'text' && omitted.includes(name)
}

/** Whether a marker replaces a value, or all parameters, because of its length. See `limitJson`. */
export function isOmitted(value: unknown): boolean {
  return isObject(value) && value['omitted'] === true && typeof value['originalSize'] === 'number'
}

function isHidden(data: ShapeData): boolean {
  switch (data.type) {
    case 'blob':
      return true
    case 'text':
      return data.sensitive === true
    case 'list':
      return isHidden(data.of)
    case 'structure':
      return Object.values(data.members).every((member) => isHidden(member.data))
    case 'map':
    case 'enum':
    case 'integer':
    case 'boolean':
    case 'timestamp':
      return false
  }
}

function readMembers(
  members: Members,
  values: { readonly [name: string]: unknown },
): Record<string, unknown> {
  const input: Record<string, unknown> = {}
  for (const [name, { data }] of Object.entries(members)) {
    const recorded = wireName(name)
    const given = Object.hasOwn(values, recorded) ? values[recorded] : undefined
    const value = isOmitted(given) ? undefined : readValue(data, given)
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
