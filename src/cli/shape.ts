/**
 * The shape of JSON. A member whose name ends with `?` is optional; `object` and `array` stand for values whose
 * members are not listed.
 */
export type Shape =
  | 'string'
  | 'number'
  | 'boolean'
  | 'object'
  | 'array'
  | 'string or null'
  | 'number or null'
  | 'object or null'
  | 'array or null'
  | readonly [Shape]
  | { readonly [member: string]: Shape }

/** Formats a shape for help: `{ id: string, scps: string[] }`. */
export function formatShape(shape: Shape): string {
  if (typeof shape === 'string') return shape
  if (isList(shape)) {
    const [item] = shape
    const text = formatShape(item)
    return text.includes(' ') ? `(${text})[]` : `${text}[]`
  }
  const members = Object.entries(shape).map(([name, value]) => `${name}: ${formatShape(value)}`)
  return `{ ${members.join(', ')} }`
}

function isList(shape: Exclude<Shape, string>): shape is readonly [Shape] {
  return Array.isArray(shape)
}
