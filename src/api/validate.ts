import { parseBase64 } from '../base/bytes.ts'
import type { EpochMs } from '../base/ports.ts'
import { KmsError } from './errors.ts'
import type { Input, Members, Pattern, ShapeData, TextMap } from './shapes.ts'

/** Faults that one message describes; its count includes all. */
const MAX_FAULTS_SHOWN = 10
/**
 * The longest part of a value that a message repeats, in UTF-16 units: twice the longest identifier. Source: AWS KMS
 * API Reference, "KeyId".
 */
export const SHOWN_VALUE_MAX_CHARS = 4096

/**
 * The typed input of an operation from the value of its body. Unknown members are ignored.
 *
 * @throws SerializationException when a value has the wrong JSON type.
 * @throws ValidationException naming every constraint that is not satisfied, in AWS's wording.
 */
export function parseInput<M extends Members>(members: M, body: unknown): Input<M> {
  const faults: string[] = []
  const input = readStructure(members, body, '', faults)
  if (faults.length > 0) throw validationError(faults)
  return input as Input<M>
}

/** The error for a set of unsatisfied constraints. Source: recorded answers of AWS KMS. */
export function validationError(faults: readonly string[]): KmsError {
  const noun = faults.length === 1 ? 'error' : 'errors'
  const shown = faults.slice(0, MAX_FAULTS_SHOWN).join('; ')
  return new KmsError('ValidationException', `${faults.length} validation ${noun} detected: ${shown}`)
}

/** One fault's text, without `value` for what must not be shown. */
export function faultText(path: string, constraint: string, value?: string): string {
  const shown = value === undefined ? 'Value' : `Value '${beginning(value)}'`
  return `${shown} at '${path}' failed to satisfy constraint: ${constraint}`
}

function beginning(value: string): string {
  if (value.length <= SHOWN_VALUE_MAX_CHARS) return value
  return `${value.slice(0, SHOWN_VALUE_MAX_CHARS).replace(HALF_AT_END, '')}…`
}

/** The first half of a character whose second half was cut off. */
const HALF_AT_END = /[\uD800-\uDBFF]$/

type Faults = string[]

function readValue(shape: ShapeData, value: unknown, path: string, faults: Faults): unknown {
  switch (shape.type) {
    case 'text':
      return readText(shape, value, path, faults)
    case 'enum':
      return readEnum(shape, value, path, faults)
    case 'integer':
      return readInteger(shape, value, path, faults)
    case 'boolean':
      if (typeof value !== 'boolean') throw wrongType()
      return value
    case 'timestamp':
      return readTimestamp(value)
    case 'blob':
      return readBlob(shape, value, path, faults)
    case 'list':
      return readList(shape, value, path, faults)
    case 'map':
      return readMap(value)
    case 'structure':
      return readStructure(shape.members, value, `${path}.`, faults)
  }
}

function readStructure(members: Members, value: unknown, prefix: string, faults: Faults): object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongType()
  const source = value as Readonly<Record<string, unknown>>
  const result: Record<string, unknown> = {}
  for (const name in members) {
    const member = members[name]
    if (member === undefined) continue
    const given = Object.hasOwn(source, name) ? source[name] : undefined
    if (given !== undefined && given !== null) {
      result[name] = readValue(member.data, given, prefix + wireName(name), faults)
    } else if (member.required) {
      faults.push(missing(member.data, prefix + wireName(name)))
    }
  }
  return result
}

function missing(data: ShapeData, path: string): string {
  const constraint = 'failed to satisfy constraint: Member must not be null'
  return isHidden(data) ? `Value at '${path}' ${constraint}` : `Value null at '${path}' ${constraint}`
}

function isHidden(data: ShapeData): boolean {
  return data.type === 'blob' || (data.type === 'text' && data.sensitive === true)
}

function readText(shape: ShapeData & { type: 'text' }, value: unknown, path: string, faults: Faults): string {
  if (typeof value !== 'string' || !value.isWellFormed()) throw wrongType()
  const shown = shape.sensitive ? undefined : value
  checkLength(shape, value.length, (constraint) => faults.push(faultText(path, constraint, shown)))
  if (shape.pattern !== undefined && !shape.pattern.regex.test(value)) {
    faults.push(faultText(path, patternConstraint(shape.pattern), shown))
  }
  return value
}

function readEnum(shape: ShapeData & { type: 'enum' }, value: unknown, path: string, faults: Faults): string {
  if (typeof value !== 'string' || !value.isWellFormed()) throw wrongType()
  if (!shape.values.includes(value)) {
    faults.push(faultText(path, enumConstraint(shape), value))
  }
  return value
}

function readInteger(
  shape: ShapeData & { type: 'integer' },
  value: unknown,
  path: string,
  faults: Faults,
): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) throw wrongType()
  if (shape.min !== undefined && value < shape.min) {
    const constraint = `Member must have value greater than or equal to ${shape.min}`
    faults.push(faultText(path, constraint, String(value)))
  }
  if (shape.max !== undefined && value > shape.max) {
    const constraint = `Member must have value less than or equal to ${shape.max}`
    faults.push(faultText(path, constraint, String(value)))
  }
  return value
}

/** The seconds that a JavaScript date can represent. Source: ECMA-262, "Time Values". */
const TIMESTAMP_MAX_SECONDS = 8_640_000_000_000

function readTimestamp(value: unknown): EpochMs {
  if (typeof value !== 'number' || Math.abs(value) > TIMESTAMP_MAX_SECONDS) throw wrongType()
  return Math.round(value * 1000)
}

function readBlob(
  shape: ShapeData & { type: 'blob' },
  value: unknown,
  path: string,
  faults: Faults,
): Uint8Array {
  const bytes = typeof value === 'string' ? parseBase64(value) : undefined
  if (bytes === undefined) throw wrongType()
  checkLength(shape, bytes.length, (constraint) => faults.push(faultText(path, constraint)))
  return bytes
}

function readList(
  shape: ShapeData & { type: 'list' },
  value: unknown,
  path: string,
  faults: Faults,
): readonly unknown[] {
  if (!Array.isArray(value)) throw wrongType()
  const fault = (constraint: string): void => {
    const texts = value.filter((item) => typeof item === 'string')
    const isShown = !isHidden(shape.of) && shape.of.type !== 'structure'
    faults.push(faultText(path, constraint, isShown ? `[${texts.join(', ')}]` : undefined))
  }
  checkLength(shape, value.length, fault)
  const constraints = constraintsOf(shape.of)
  const itemFaults = constraints === undefined ? faults : []
  const items = value.map((item, index) => {
    if (item === null) throw wrongType()
    return readValue(shape.of, item, `${path}.${index + 1}.member`, itemFaults)
  })
  if (constraints !== undefined && itemFaults.length > 0) {
    fault(`Member must satisfy constraint: [${constraints.join(', ')}]`)
  }
  return items
}

/**
 * All constraints of a list's item, for faults reported of the list: items that are no structures. Source:
 * recorded answers of AWS, its order included.
 */
function constraintsOf(shape: ShapeData): readonly string[] | undefined {
  switch (shape.type) {
    case 'enum':
      return [enumConstraint(shape)]
    case 'text':
      return [
        ...lengthConstraints(shape),
        ...(shape.pattern === undefined ? [] : [patternConstraint(shape.pattern)]),
      ]
    default:
      return undefined
  }
}

function readMap(value: unknown): TextMap {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongType()
  const source = value as Readonly<Record<string, unknown>>
  const map = new Map<string, string>()
  // A map may have thousands of pairs: entries would be an array for each.
  for (const name of Object.keys(source)) {
    const item = source[name]
    if (typeof item !== 'string' || !item.isWellFormed() || !name.isWellFormed()) throw wrongType()
    map.set(name, item)
  }
  return map
}

type Lengths = { readonly min?: number; readonly max?: number }

function checkLength({ min, max }: Lengths, length: number, fault: (constraint: string) => void): void {
  if (min !== undefined && length < min) fault(minLengthConstraint(min))
  if (max !== undefined && length > max) fault(maxLengthConstraint(max))
}

function lengthConstraints({ min, max }: Lengths): readonly string[] {
  return [
    ...(max === undefined ? [] : [maxLengthConstraint(max)]),
    ...(min === undefined ? [] : [minLengthConstraint(min)]),
  ]
}

function minLengthConstraint(min: number): string {
  return `Member must have length greater than or equal to ${min}`
}

function maxLengthConstraint(max: number): string {
  return `Member must have length less than or equal to ${max}`
}

function patternConstraint({ source }: Pattern): string {
  return `Member must satisfy regular expression pattern: ${source}`
}

function enumConstraint({ values }: ShapeData & { type: 'enum' }): string {
  return `Member must satisfy enum value set: [${values.join(', ')}]`
}

/** A member's name as messages and audit records write it: `KeyId` is `keyId`. */
export function wireName(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1)
}

function wrongType(): KmsError {
  return new KmsError('SerializationException')
}
