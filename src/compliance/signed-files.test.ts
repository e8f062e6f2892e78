import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { originOf, signCheckpoint, signNote } from '../audit/proofs/note.ts'
import { fromUtf8, utf8 } from '../base/bytes.ts'
import { Secret } from '../base/secret.ts'
import { ed25519Key } from '../crypto/ed25519.ts'
import { describeFile, isSignedContent, openFiles, reportVerifierKey, signFiles } from './signed-files.ts'

const key = ed25519Key(new Secret(crypto.getRandomValues(new Uint8Array(32))))
const verifier = reportVerifierKey(key)
const files = [
  { name: 'report-2026-11-25.json', content: '{"a":"\u00fc"}\n' },
  { name: 'report-2026-11-25.html', content: '<!doctype html>\n' },
]
const described = files.map(({ name, content }) => describeFile(name, utf8(content)))
const note = signFiles(key, described)

/** Bytes of which one bit is another. */
function flipped(bytes: Uint8Array, at: number, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ (1 << bit)
  return copy
}

test('a note names its files in order, and each content is the one that it names', () => {
  const signed = openFiles(note, verifier) ?? []
  assert.deepEqual(
    signed.map(({ name }) => name),
    ['report-2026-11-25.html', 'report-2026-11-25.json'],
  )
  for (const file of signed) {
    const { content = '' } = files.find(({ name }) => name === file.name) ?? {}
    assert.equal(file.sizeBytes, utf8(content).length)
    assert.ok(isSignedContent(file, utf8(content)))
  }
  assert.equal(signFiles(key, described.toReversed()), note)
})

test('a note does not open when any bit of it is flipped', () => {
  const bytes = utf8(note)
  for (let bit = 0; bit < 8 * bytes.length; bit += 1) {
    const text = Buffer.from(flipped(bytes, Math.floor(bit / 8), bit % 8)).toString()
    assert.equal(openFiles(text, verifier), undefined, `bit ${bit}`)
  }
})

test('a content is not the signed one when any bit of it is flipped, or when it is cut or longer', () => {
  const [file] = openFiles(note, verifier) ?? []
  const content = utf8(files[1]?.content ?? '')
  assert.ok(file !== undefined)
  fc.assert(
    fc.property(fc.nat({ max: content.length - 1 }), fc.nat({ max: 7 }), (at, bit) => {
      assert.ok(!isSignedContent(file, flipped(content, at, bit)))
      assert.ok(!isSignedContent(file, content.subarray(0, at)))
    }),
  )
  assert.ok(!isSignedContent(file, utf8(`${fromUtf8(content)} `)))
})

test('a note of another key, of another kind or with names that lead elsewhere does not open', () => {
  const other = ed25519Key(new Secret(crypto.getRandomValues(new Uint8Array(32))))
  assert.equal(openFiles(signFiles(other, described), verifier), undefined)
  assert.equal(openFiles(note, reportVerifierKey(other)), undefined)
  const checkpoint = signCheckpoint(key, { origin: verifier.name, size: 1, root: new Uint8Array(32) })
  assert.equal(openFiles(checkpoint, verifier), undefined)
  const node = { name: originOf(key, 'node-0'), publicKey: key.publicKey }
  assert.equal(openFiles(note, node), undefined)
  const digest = `${'A'.repeat(43)}=`
  const open = (...lines: readonly string[]) =>
    openFiles(
      signNote(key, verifier.name, `${[verifier.name, 'holdfast/report-files@v1', ...lines].join('\n')}\n`),
      verifier,
    )
  assert.equal(open(`a.json 1 ${digest}`)?.length, 1)
  for (const line of [
    `../a.json 1 ${digest}`,
    `/a 1 ${digest}`,
    `a 01 ${digest}`,
    `a 1 ${digest}=`,
    'a 1',
    '',
  ])
    assert.equal(open(line), undefined, line)
  assert.equal(open(...Array.from({ length: 16 }, () => `a 1 ${digest}`))?.length, 16)
  assert.equal(open(...Array.from({ length: 17 }, () => `a 1 ${digest}`)), undefined)
})
