import type { Members, ShapeData } from '../api/shapes.ts'
import { wireName } from '../api/validate.ts'

/** The input of a recorded call, as far as it is recorded. */
export type RecordedInput = {
  readonly input: { readonly [name: string]: unknown }
  /** Members that events do not show; something empty stands for those that the call must have had. */
  readonly hidden: readonly string[]
  /** Members that the call must have had and the event would show: without them it was not valid. */
  readonly missing: readonly string[]
}

/** Members that name the key of a call and may be left out, because the ciphertext names it too. */
const NAMED_BY_CIPHERTEXT = ['KeyId', 'SourceKeyId']
/** What events of CreateKey show under its older name too, and calls give under one name. */
const OLDER_NAMES = [['KeySpec', 'CustomerMasterKeySpec']] as const
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
  for (const [name, older] of OLDER_NAMES) if (input[name] !== undefined) delete input[older]
  const hidden = Object.entries(members).filter(
    ([name, { data }]) => input[name] === undefined && isHidden(data),
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
  return { input, hidden: names, missing }
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
