/** Merkle trees after RFC 6962, section 2.1. Sizes and indexes are below 2^53. */

import { concatBytes, equalConstantTime } from '../../base/bytes.ts'
import { sha256 } from '../../crypto/hash.ts'

const LEAF = Uint8Array.of(0)
const NODE = Uint8Array.of(1)
const HASH_BYTES = 32

/** The hash of a leaf. */
export function leafHash(line: Uint8Array): Uint8Array {
  return sha256(concatBytes(LEAF, line))
}

function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concatBytes(NODE, left, right))
}

/** A tree that grows leaf by leaf; it keeps the roots of the largest complete subtrees, left to right. */
export class GrowingTree {
  #size: number
  readonly #hashes: Uint8Array[]

  constructor(size = 0, hashes: readonly Uint8Array[] = []) {
    this.#size = size
    this.#hashes = [...hashes]
  }

  get size(): number {
    return this.#size
  }

  get hashes(): readonly Uint8Array[] {
    return this.#hashes
  }

  append(leaf: Uint8Array): void {
    let hash = leaf
    for (let rest = this.#size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      hash = nodeHash(this.#hashes.pop() ?? hash, hash)
    }
    this.#hashes.push(hash)
    this.#size += 1
  }

  /** For the empty tree: the hash of nothing. */
  root(): Uint8Array {
    const [last, ...others] = this.#hashes.toReversed()
    if (last === undefined) return sha256(new Uint8Array(0))
    return others.reduce((right, left) => nodeHash(left, right), last)
  }
}

/** Leaves from `begin` to before `end`. */
export type LeafRange = { readonly begin: number; readonly end: number }

/** The ranges of an inclusion proof's hashes, in the order of the proof. */
export function inclusionRanges(index: number, size: number): readonly LeafRange[] {
  const ranges: LeafRange[] = []
  let [begin, end] = [0, size]
  while (end - begin > 1) {
    const middle = begin + largestPowerBelow(end - begin)
    if (index < middle) {
      ranges.push({ begin: middle, end })
      end = middle
    } else {
      ranges.push({ begin, end: middle })
      begin = middle
    }
  }
  return ranges.reverse()
}

/** The ranges of the hashes in a consistency proof between two sizes, in the order of the proof. */
export function consistencyRanges(older: number, newer: number): readonly LeafRange[] {
  const ranges: LeafRange[] = []
  if (older === 0 || older === newer) return ranges
  let [begin, end] = [0, newer]
  while (older !== end) {
    const middle = begin + largestPowerBelow(end - begin)
    if (older <= middle) {
      ranges.push({ begin: middle, end })
      end = middle
    } else {
      ranges.push({ begin, end: middle })
      begin = middle
    }
  }
  // The verifier knows the older tree itself, if that is a subtree from the first leaf on.
  if (begin > 0) ranges.push({ begin, end })
  return ranges.reverse()
}

function largestPowerBelow(size: number): number {
  let power = 1
  while (power * 2 < size) power *= 2
  return power
}

/**
 * Whether a leaf is in the tree with this root.
 * Source: RFC 9162, section 2.1.3.2.
 */
export function verifyInclusion(
  leaf: Uint8Array,
  at: { readonly index: number; readonly size: number },
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (at.index >= at.size || !proof.every(isHash)) return false
  let [index, last] = [at.index, at.size - 1]
  let hash = leaf
  for (const sibling of proof) {
    if (last === 0) return false
    if (index % 2 === 1 || index === last) {
      hash = nodeHash(sibling, hash)
      while (index % 2 === 0 && index !== 0) {
        index = Math.floor(index / 2)
        last = Math.floor(last / 2)
      }
    } else {
      hash = nodeHash(hash, sibling)
    }
    index = Math.floor(index / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && equalConstantTime(hash, root)
}

/** A tree as the verifier knows it. */
export type TreeHead = { readonly size: number; readonly root: Uint8Array }

/**
 * Whether the older tree is the beginning of the newer one.
 * Source: RFC 9162, section 2.1.4.2.
 */
export function verifyConsistency(older: TreeHead, newer: TreeHead, proof: readonly Uint8Array[]): boolean {
  if (older.size > newer.size || !proof.every(isHash)) return false
  if (older.size === newer.size) return proof.length === 0 && equalConstantTime(older.root, newer.root)
  if (older.size === 0) return proof.length === 0 && equalConstantTime(older.root, new GrowingTree().root())
  const path = isPowerOfTwo(older.size) ? [older.root, ...proof] : proof
  const [begin, ...rest] = path
  if (begin === undefined) return false
  return followConsistency({ older, newer, begin, rest })
}

type Path = {
  readonly older: TreeHead
  readonly newer: TreeHead
  readonly begin: Uint8Array
  readonly rest: readonly Uint8Array[]
}

function followConsistency({ older, newer, begin, rest }: Path): boolean {
  let [first, second] = [older.size - 1, newer.size - 1]
  const halve = (): void => {
    first = Math.floor(first / 2)
    second = Math.floor(second / 2)
  }
  while (first % 2 === 1) halve()
  let [old, all] = [begin, begin]
  for (const hash of rest) {
    if (second === 0) return false
    if (first % 2 === 1 || first === second) {
      old = nodeHash(hash, old)
      all = nodeHash(hash, all)
      while (first % 2 === 0 && first !== 0) halve()
    } else {
      all = nodeHash(all, hash)
    }
    halve()
  }
  return second === 0 && equalConstantTime(old, older.root) && equalConstantTime(all, newer.root)
}

function isPowerOfTwo(size: number): boolean {
  let rest = size
  while (rest % 2 === 0) rest /= 2
  return rest === 1
}

function isHash(hash: Uint8Array): boolean {
  return hash.length === HASH_BYTES
}
