import { REQUEST_BODY_MAX_BYTES } from '../base/request-limits.ts'
import type { Members, ShapeData } from './shapes.ts'

/** Every operation takes a body of this size, which leaves room for blanks and unknown members. */
export const BODY_ALWAYS_BYTES = 65_536

/** A character takes six bytes at most: as an escape, or as UTF-8. Source: RFC 8259, section 7. */
const CHARACTER_BYTES = 6
/** Base64 may have its slashes escaped. */
const BASE64_CHARACTER_BYTES = 2
/** Quotes of a name and of a value, a colon, a comma and some blanks. */
const AROUND_BYTES = 16
const SCALAR_BYTES = 32
/** An encryption context is the only map: 8,192 bytes at most, in up to 4,096 pairs. */
const MAP_BYTES = 8192 * CHARACTER_BYTES + 4096 * AROUND_BYTES

/** The largest JSON body of an input with these members, in bytes; without blanks that no client writes. */
export function largestBody(members: Members): number {
  return Math.min(REQUEST_BODY_MAX_BYTES, BODY_ALWAYS_BYTES + largestStructure(members))
}

/** Texts in lists are identifiers and tokens, which need no escapes. */
function largestItem(shape: ShapeData): number {
  return shape.type === 'text' && shape.max !== undefined ? shape.max : largestValue(shape)
}

function largestStructure(members: Members): number {
  let bytes = 0
  for (const name in members) {
    const member = members[name]
    if (member !== undefined) bytes += AROUND_BYTES + name.length + largestValue(member.data)
  }
  return bytes
}

/** A value without a limit of its own is as large as a body may be. */
function largestValue(shape: ShapeData): number {
  switch (shape.type) {
    case 'text':
      return shape.max === undefined ? REQUEST_BODY_MAX_BYTES : shape.max * CHARACTER_BYTES
    case 'blob':
      if (shape.max === undefined) return REQUEST_BODY_MAX_BYTES
      return Math.ceil(shape.max / 3) * 4 * BASE64_CHARACTER_BYTES
    case 'enum':
      return Math.max(...shape.values.map(({ length }) => length))
    case 'integer':
    case 'boolean':
    case 'timestamp':
      return SCALAR_BYTES
    case 'map':
      return MAP_BYTES
    case 'structure':
      return largestStructure(shape.members)
    case 'list':
      if (shape.max === undefined) return REQUEST_BODY_MAX_BYTES
      return shape.max * (AROUND_BYTES + largestItem(shape.of))
  }
}
