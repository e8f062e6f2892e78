import { compareBytes, concatBytes } from '../base/bytes.ts'
import { RAW_ID_MAX_BYTES, type RangeQuery } from './port.ts'

const AFTER_ALL_IDS = new Uint8Array(RAW_ID_MAX_BYTES + 1).fill(0xff)
const ZERO = Uint8Array.of(0)

/** The first id of a query, and the first id after it. */
export function boundsOf({ prefix, after }: Pick<RangeQuery, 'prefix' | 'after'>): {
  readonly from: Uint8Array
  readonly to: Uint8Array
} {
  const successor = after === undefined ? prefix : concatBytes(after, ZERO)
  return { from: compareBytes(successor, prefix) > 0 ? successor : prefix, to: endOf(prefix) }
}

/** The first bytes in order that do not begin with the prefix. */
function endOf(prefix: Uint8Array): Uint8Array {
  const last = prefix.findLastIndex((byte) => byte !== 0xff)
  if (last === -1) return AFTER_ALL_IDS
  const end = Uint8Array.from(prefix.subarray(0, last + 1))
  end[last] = (end[last] ?? 0) + 1
  return end
}
