import type { Json } from './strict-json.ts'
import { type Details, PolicySyntaxError, quote } from './syntax-error.ts'

/** A place below another, as messages name it. */
export function at(path: string, name: string): string {
  return `${path}[${quote(name)}]`
}

/** @throws PolicySyntaxError when it is not an object. */
export function asObject(json: Json, path: string): ReadonlyMap<string, Json> {
  if (json instanceof Map) return json
  throw new PolicySyntaxError(`${path}: an object required`)
}

/** @throws PolicySyntaxError when it is there but is not a string. */
export function asOptionalText(json: Json | undefined, path: string): string | undefined {
  if (json === undefined || typeof json === 'string') return json
  throw new PolicySyntaxError(`${path}: a string required`)
}

/** One string, or an array of at least one. @param empty what IAM says when there is none. @throws PolicySyntaxError */
export function asTexts(json: Json, path: string, empty: Details = {}): readonly string[] {
  return asList(json, path, empty).map((item) => {
    if (typeof item === 'string') return item
    throw new PolicySyntaxError(`${path}: a string or an array of strings required`)
  })
}

/** The same, where numbers and booleans may stand for their text. @throws PolicySyntaxError */
export function asScalars(json: Json, path: string): readonly string[] {
  return asList(json, path).map((item) => {
    if (typeof item === 'string') return item
    if (typeof item === 'boolean') return String(item)
    if (item !== null && 'number' in item) return item.number
    throw new PolicySyntaxError(`${path}: a string, a number, a boolean or an array of them required`)
  })
}

/** A single value may stand where an array is meant. @throws PolicySyntaxError when it is empty. */
export function asList(json: Json, path: string, empty: Details = {}): readonly Json[] {
  if (!Array.isArray(json)) return [json]
  if (json.length === 0) throw new PolicySyntaxError(`${path}: must not be empty`, empty)
  return json
}
