import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concatBytes, toHex, utf8 } from '../../base/bytes.ts'
import { sha256 } from '../../crypto/hash.ts'
import {
  consistencyRanges,
  GrowingTree,
  inclusionRanges,
  type LeafRange,
  leafHash,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts'

const leaves = Array.from({ length: 70 }, (_, index) => leafHash(utf8(`event ${index}`)))

/** The root by the definition. Source: RFC 6962, section 2.1. */
function rootByDefinition(of: readonly Uint8Array[]): Uint8Array {
  if (of.length === 0) return sha256(new Uint8Array(0))
  if (of.length === 1) return of[0] ?? new Uint8Array(0)
  let half = 1
  while (half * 2 < of.length) half *= 2
  const [left, right] = [rootByDefinition(of.slice(0, half)), rootByDefinition(of.slice(half))]
  return sha256(concatBytes(Uint8Array.of(1), left, right))
}

const rootOf = ({ begin, end }: LeafRange) => rootByDefinition(leaves.slice(begin, end))
const headOf = (size: number) => ({ size, root: rootOf({ begin: 0, end: size }) })

function flip(hash: Uint8Array): Uint8Array {
  return hash.map((byte, at) => (at === 5 ? byte ^ 1 : byte))
}

test('a growing tree has the root of the definition at every size, also after it was kept and read back', () => {
  let tree = new GrowingTree()
  for (const [index, leaf] of leaves.entries()) {
    assert.equal(toHex(tree.root()), toHex(rootByDefinition(leaves.slice(0, index))))
    tree.append(leaf)
    tree = new GrowingTree(tree.size, tree.hashes)
  }
})

test('an empty tree has the root that RFC 6962 gives', () => {
  const root = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
  assert.equal(toHex(new GrowingTree().root()), root)
})

test('every leaf of every tree has a proof, which shows no other leaf, size or root', () => {
  for (let size = 1; size <= leaves.length; size += 1) {
    const { root } = headOf(size)
    for (let index = 0; index < size; index += 1) {
      const proof = inclusionRanges(index, size).map(rootOf)
      const leaf = leaves[index] ?? root
      assert.ok(verifyInclusion(leaf, { index, size }, proof, root), `${index} of ${size}`)
      assert.ok(!verifyInclusion(flip(leaf), { index, size }, proof, root))
      assert.ok(!verifyInclusion(leaf, { index, size }, proof, flip(root)))
      assert.ok(!verifyInclusion(leaf, { index, size }, [...proof, root], root))
      assert.ok(!verifyInclusion(leaf, { index: size, size }, proof, root))
      if (proof.length > 0) assert.ok(!verifyInclusion(leaf, { index, size }, proof.slice(1), root))
      if (index > 0) assert.ok(!verifyInclusion(leaf, { index: index - 1, size }, proof, root))
    }
  }
})

test('every tree is proven to be the beginning of every later one, and of no other', () => {
  for (let newer = 1; newer <= leaves.length; newer += 1) {
    for (let older = 0; older <= newer; older += 1) {
      const proof = consistencyRanges(older, newer).map(rootOf)
      const [from, to] = [headOf(older), headOf(newer)]
      assert.ok(verifyConsistency(from, to, proof), `${older} in ${newer}`)
      if (older > 0) assert.ok(!verifyConsistency({ ...from, root: flip(from.root) }, to, proof))
      if (older > 0) assert.ok(!verifyConsistency(from, { ...to, root: flip(to.root) }, proof))
      assert.ok(!verifyConsistency(from, to, [...proof, to.root]))
      if (proof.length > 0) assert.ok(!verifyConsistency(from, to, proof.slice(1)))
      if (older < newer) assert.ok(!verifyConsistency(to, from, proof))
    }
  }
})

test('no changed hash of a proof goes unseen', () => {
  const sizes = fc.integer({ min: 2, max: leaves.length })
  fc.assert(
    fc.property(sizes, fc.nat(), fc.nat(), (size, pick, spoil) => {
      const index = pick % size
      const proof = inclusionRanges(index, size).map(rootOf)
      const spoiled = proof.map((hash, at) => (at === spoil % proof.length ? flip(hash) : hash))
      assert.ok(
        !verifyInclusion(
          leaves[index] ?? flip(proof[0] ?? leafHash(utf8(''))),
          { index, size },
          spoiled,
          headOf(size).root,
        ),
      )
      const older = Math.max(1, index)
      const path = consistencyRanges(older, size).map(rootOf)
      const bad = path.map((hash, at) => (at === spoil % path.length ? flip(hash) : hash))
      assert.ok(!verifyConsistency(headOf(older), headOf(size), bad))
    }),
  )
})
