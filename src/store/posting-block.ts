import type { SQLOutputValue } from 'node:sqlite'
import { parseBlob, parseInteger } from './sqlite-file.ts'

const BITS = 7
const CONTINUES = 0x80
const LOW = 0x7f
const RADIX = 2 ** BITS
/** Bytes of one distance: keys have at most 53 bits. */
const DISTANCE_MAX_BYTES = 8

/** The distances of sorted, distinct keys as bytes: 7 bits in each, the lowest first. */
export function encodeDistances(keys: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(keys.length * DISTANCE_MAX_BYTES)
  let at = 0
  let last = keys[0] ?? 0
  for (const key of keys.slice(1)) {
    let rest = key - last
    last = key
    for (; rest >= RADIX; rest = Math.floor(rest / RADIX)) {
      bytes[at] = (rest % RADIX) | CONTINUES
      at += 1
    }
    bytes[at] = rest
    at += 1
  }
  return bytes.slice(0, at)
}

/** Calls `take` with the first key, and with each that follows by its distance. */
export function decodeKeys(first: number, distances: Uint8Array, take: (key: number) => void): void {
  take(first)
  let key = first
  let distance = 0
  let scale = 1
  for (const byte of distances) {
    distance += (byte & LOW) * scale
    scale *= RADIX
    if ((byte & CONTINUES) !== 0) continue
    key += distance
    take(key)
    distance = 0
    scale = 1
  }
}

/** An event's key is its second and a number within it, so that keys are ordered by time. */
export const KEYS_PER_SECOND = 2_097_152

/**
 * The maximum distance between the keys of one block. Blocks of different nodes can overlap; this limits how far a
 * block overlaps with others.
 */
export const SPAN_KEYS = 3600 * KEYS_PER_SECOND

/** Keys in order, in lists that span at most {@link SPAN_KEYS}. */
export function blocksOf(keys: number[]): readonly (readonly number[])[] {
  const blocks: number[][] = []
  let block: number[] = []
  for (const key of keys.sort((a, b) => a - b)) {
    if (block.length === 0 || key - (block[0] ?? 0) >= SPAN_KEYS) {
      block = []
      blocks.push(block)
    }
    block.push(key)
  }
  return blocks
}

/** The highest keys from `from` to below `end`, from blocks in the order of their last keys. */
export function newestKeys(
  rows: Iterable<Record<string, SQLOutputValue>>,
  { from, end, limit }: { readonly from: number; readonly end: number; readonly limit: number },
): readonly number[] {
  let keys: number[] = []
  for (const row of rows) {
    const nextLast = parseInteger(row['last'])
    const enough = keys[limit - 1]
    if (enough !== undefined && enough > nextLast) break
    decodeKeys(parseInteger(row['first']), parseBlob(row['distances']), (key) => {
      if (key >= from && key < end) keys.push(key)
    })
    keys = keys.sort((a, b) => b - a).slice(0, limit)
  }
  return keys
}

/** Counts the keys from `from` to below `end` by the period that they are in. @param counts one for each period. */
export function countKeys(
  rows: Iterable<Record<string, SQLOutputValue>>,
  {
    from,
    end,
    keysPerPeriod,
  }: { readonly from: number; readonly end: number; readonly keysPerPeriod: number },
  counts: number[],
): void {
  for (const row of rows) {
    decodeKeys(parseInteger(row['first']), parseBlob(row['distances']), (key) => {
      if (key < from || key >= end) return
      const at = Math.floor((key - from) / keysPerPeriod)
      counts[at] = (counts[at] ?? 0) + 1
    })
  }
}
