import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8 } from '../../base/bytes.ts'
import { Secret } from '../../base/secret.ts'
import { ed25519Key } from '../../crypto/ed25519.ts'
import { consistencyRanges, GrowingTree, inclusionRanges, type LeafRange, leafHash } from './merkle.ts'
import { formatVerifierKey, openCheckpoint, originOf, parseVerifierKey, signCheckpoint } from './note.ts'
import { type Checked, checkProof, formatConsistency, formatInclusion, PROOF_MAX_BYTES } from './proof.ts'

const KEY = ed25519Key(new Secret(new Uint8Array(32).fill(9)))
const ORIGIN = originOf(KEY, 'node-0')
const VERIFIER = { name: ORIGIN, publicKey: KEY.publicKey }
const EVENTS = Array.from({ length: 11 }, (_, index) => `{"eventVersion":"1.11","eventID":"${index}"}`)

function rootOf({ begin, end }: LeafRange): Uint8Array {
  const tree = new GrowingTree()
  for (const event of EVENTS.slice(begin, end)) tree.append(leafHash(utf8(event)))
  return tree.root()
}

function noteOf(size: number, key = KEY): string {
  return signCheckpoint(key, { origin: ORIGIN, size, root: rootOf({ begin: 0, end: size }) })
}

const why = (checked: Checked) => (checked.type === 'wrong' ? checked.why : 'it is right')

test('a checkpoint opens with the key that has signed it, and says what it said', () => {
  assert.deepEqual(openCheckpoint(noteOf(5), VERIFIER), {
    origin: ORIGIN,
    size: 5,
    root: Buffer.from(rootOf({ begin: 0, end: 5 })),
  })
})

test('a checkpoint that was changed, or signed by another key, does not open', () => {
  const other = ed25519Key(new Secret(new Uint8Array(32).fill(8)))
  const note = noteOf(5)
  for (const bad of [
    note.replace('\n5\n', '\n6\n'),
    note.replace('\n5\n', '\n05\n'),
    note.replace('\n5\n', '\n5\nmore\n'),
    note.replace(/ [^ ]+\n$/, ' AAAA\n'),
    note.slice(0, note.indexOf('—')),
    note.replace('\n\n', '\n'),
    noteOf(5, other),
    '',
  ])
    assert.equal(openCheckpoint(bad, VERIFIER), undefined, bad)
  assert.equal(openCheckpoint(note, { ...VERIFIER, name: 'other' }), undefined)
})

test('a checkpoint opens beside signatures that are not known', () => {
  assert.equal(openCheckpoint(`${noteOf(5)}— witness.example AAAA\n`, VERIFIER)?.size, 5)
})

test('a verifier key is read back as it was written, and nothing else is one', () => {
  const text = formatVerifierKey(VERIFIER)
  assert.match(text, /^holdfast\/[0-9a-f]{16}\/node-0\+[0-9a-f]{8}\+A[A-Za-z0-9+/]{43}$/)
  assert.deepEqual(parseVerifierKey(text), { name: ORIGIN, publicKey: Buffer.from(KEY.publicKey) })
  for (const bad of ['', `x${text}`, text.slice(1), text.slice(0, -4), text.replace('+A', '+B')])
    assert.equal(parseVerifierKey(bad), undefined, bad)
})

test('an inclusion proof shows its event and place', () => {
  const [event = ''] = EVENTS.slice(6)
  const text = formatInclusion(event, 6, inclusionRanges(6, 11).map(rootOf), noteOf(11))
  const checked = checkProof(text, VERIFIER)
  assert.ok(checked.type === 'event', why(checked))
  assert.deepEqual([checked.event, checked.index, checked.checkpoint.size], [event, 6, 11])
})

test('an inclusion proof that was changed shows nothing', () => {
  const [event = '', next = ''] = EVENTS.slice(6)
  const hashes = inclusionRanges(6, 11).map(rootOf)
  const text = formatInclusion(event, 6, hashes, noteOf(11))
  const reasons = [
    [formatInclusion(next, 6, hashes, noteOf(11)), /not the one at this place/],
    [formatInclusion(event, 5, hashes, noteOf(11)), /not the one at this place/],
    [formatInclusion(event, 6, hashes.slice(1), noteOf(11)), /not the one at this place/],
    [formatInclusion(event, 6, hashes, noteOf(10)), /not the one at this place/],
    [text.replace('\n11\n', '\n12\n'), /checkpoint/],
    [text.replace('index 6', 'index 06'), /first lines/],
    [text.replace('index 6\n', 'index 6\n?\n'), /hashes/],
    [`x${text}`, /begins neither/],
    [text + ' '.repeat(PROOF_MAX_BYTES), /longer than/],
  ] as const
  for (const [bad, reason] of reasons) assert.match(why(checkProof(bad, VERIFIER)), reason)
})

test('a consistency proof shows that the older checkpoint still holds, and a changed one does not', () => {
  const hashes = consistencyRanges(5, 11).map(rootOf)
  const text = formatConsistency(hashes, noteOf(5), noteOf(11))
  const checked = checkProof(text, VERIFIER)
  assert.ok(checked.type === 'consistent', why(checked))
  assert.deepEqual([checked.older.size, checked.newer.size], [5, 11])
  const rewritten = signCheckpoint(KEY, { origin: ORIGIN, size: 5, root: rootOf({ begin: 1, end: 6 }) })
  assert.match(
    why(checkProof(formatConsistency(hashes, rewritten, noteOf(11)), VERIFIER)),
    /not the beginning/,
  )
  assert.match(
    why(checkProof(formatConsistency(hashes, noteOf(11), noteOf(5)), VERIFIER)),
    /not the beginning/,
  )
  assert.match(why(checkProof(text.replace('\n5\n', '\n4\n'), VERIFIER)), /checkpoints/)
  assert.match(why(checkProof(formatConsistency(hashes, noteOf(5), ''), VERIFIER)), /checkpoints/)
})
