import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '../../base/ports.ts'
import { Secret } from '../../base/secret.ts'
import { firstRootKeys, lastingKeysOf } from '../root-keys.ts'
import { KeyringError } from '../wrapping.ts'
import { newEnvelope } from './change.ts'
import {
  checkMac,
  type Envelope,
  formatEnvelope,
  isCommitted,
  openRoot,
  openRootKeys,
  PATHS_MAX,
  parseEnvelope,
  sealRootKeys,
  type UnlockPath,
  wrapRoot,
} from './envelope.ts'
import { SealError } from './root.ts'

const secret = (fill: number): Secret => new Secret(new Uint8Array(32).fill(fill))
const hexOf = (key: Secret): string => key.reveal((bytes) => Buffer.from(bytes).toString('hex'))

function pathOf(envelope: Envelope, root: Secret, name: string, key: Secret): UnlockPath {
  const id = systemRandom.uuid()
  const type = 'credential'
  const wrapped = wrapRoot(root, key, { deployment: envelope.deployment, id, type }, systemRandom)
  const parameters = { credential: name }
  return { id, name, type, parameters, wrapped, createdAt: '2026-11-30T00:00:00.000Z', proved: undefined }
}

function envelopeOf(root: Secret, ...keys: readonly Secret[]): Envelope {
  const empty = newEnvelope(root, systemRandom)
  return { ...empty, paths: keys.map((key, at) => pathOf(empty, root, `path-${at}`, key)) }
}

test('each path of an envelope opens the same root key, and no path key equals it', () => {
  const root = secret(1)
  const envelope = envelopeOf(root, secret(2), secret(3))
  for (const [at, path] of envelope.paths.entries()) {
    assert.equal(hexOf(openRoot(envelope, path, secret(2 + at))), hexOf(root))
    assert.throws(() => openRoot(envelope, path, secret(4)), KeyringError)
  }
})

test('an envelope reads as it was written, and its MAC holds', () => {
  const root = secret(1)
  const first = envelopeOf(root, secret(2), secret(3))
  const proof = { at: '2026-11-30T01:02:03.004Z', change: 7 }
  const paths = first.paths.map((path, at) => (at === 0 ? { ...path, proved: proof } : path))
  const envelope = { ...first, paths, revision: 9, changes: 7 }
  const signed = parseEnvelope(formatEnvelope(envelope, root))
  assert.deepEqual(signed.envelope, envelope)
  checkMac(signed, root)
  assert.throws(() => checkMac(signed, secret(9)), SealError)
})

test('an envelope of which any character was changed is refused or has another MAC', () => {
  const root = secret(1)
  const text = formatEnvelope(envelopeOf(root, secret(2)), root)
  let refused = 0
  for (let at = 0; at < text.length; at += 1) {
    // White space between members carries nothing.
    if (/\s/.test(text[at] ?? '')) continue
    const changed = text.slice(0, at) + (text[at] === '1' ? '2' : '1') + text.slice(at + 1)
    assert.throws(() => checkMac(parseEnvelope(changed), root), SealError, `character ${at}`)
    refused += 1
  }
  assert.ok(refused > 400)
})

test('an envelope whose MAC or commitment ends in bits that no byte has is refused', () => {
  const root = secret(1)
  const text = formatEnvelope(envelopeOf(root, secret(2)), root)
  for (const member of ['mac', 'commitment']) {
    const last = new RegExp(`("${member}": "[A-Za-z0-9+/]{42})([A-Za-z0-9+/])=`)
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
    const changed = text.replace(last, (_, head, digit) => `${head}${digits[digits.indexOf(digit) + 1]}=`)
    assert.notEqual(changed, text, member)
    assert.throws(() => parseEnvelope(changed), SealError, member)
  }
})

test('a path that holds another root key than that of the deployment is refused', () => {
  const root = secret(1)
  const envelope = envelopeOf(root, secret(2))
  const other = pathOf(envelope, secret(5), 'other', secret(2))
  assert.throws(() => openRoot(envelope, other, secret(2)), /another root key/)
  assert.equal(isCommitted(envelope, secret(5)), false)
})

test('a wrapped root key does not open as another path, as another type or in another deployment', () => {
  const root = secret(1)
  const envelope = envelopeOf(root, secret(2))
  const [path] = envelope.paths
  assert.ok(path)
  const moved: readonly (readonly [Envelope, UnlockPath])[] = [
    [envelope, { ...path, id: systemRandom.uuid() }],
    [envelope, { ...path, type: 'file' }],
    [{ ...envelope, deployment: systemRandom.uuid() }, path],
  ]
  for (const [where, what] of moved) assert.throws(() => openRoot(where, what, secret(2)), KeyringError)
})

test('an envelope of a newer release is refused with what to do, a path of a newer type is kept', () => {
  const root = secret(1)
  const first = envelopeOf(root, secret(2))
  const text = formatEnvelope(first, root)
  assert.throws(() => parseEnvelope(text.replace('holdfast-seal:1', 'holdfast-seal:3')), /newer release/)
  assert.throws(() => parseEnvelope(text.replace('holdfast-seal:1', 'holdfast-seal:2')), /damaged/)
  const newer = { ...first, paths: first.paths.map((path) => ({ ...path, type: 'quantum' })) }
  const signed = parseEnvelope(formatEnvelope(newer, root))
  checkMac(signed, root)
  assert.equal(signed.envelope.paths[0]?.type, 'quantum')
})

test('an envelope with too many paths, equal names or members of wrong types is refused', () => {
  const root = secret(1)
  const many = envelopeOf(root, ...Array.from({ length: PATHS_MAX + 1 }, () => secret(2)))
  assert.throws(() => parseEnvelope(formatEnvelope(many, root)), /damaged/)
  const two = envelopeOf(root, secret(2), secret(3))
  const equal = { ...two, paths: two.paths.map((path) => ({ ...path, name: 'same' })) }
  assert.throws(() => parseEnvelope(formatEnvelope(equal, root)), /damaged/)
  for (const text of ['', '{}', '[]', 'null', '{"format":"holdfast-seal:1"}', 'holdfast-root-key:1:x:y'])
    assert.throws(() => parseEnvelope(text), /damaged/, text)
})

/** An envelope whose root key has rotated, with both root keys. */
function rotatedOf(root: Secret, before: Secret): Envelope {
  const envelope = envelopeOf(root, secret(2))
  const keys = { roots: [before, root], lasting: lastingKeysOf(firstRootKeys(before)), retired: [] }
  const at = '2026-11-30T12:00:00.000Z'
  const rotation = { generation: 2, at, state: 'under way' } as const
  return { ...envelope, rotation: sealRootKeys(envelope, { root, keys }, rotation, systemRandom) }
}

test('the root keys of an envelope open with the present one, and not with the one before', () => {
  const root = secret(1)
  const before = secret(9)
  const signed = parseEnvelope(formatEnvelope(rotatedOf(root, before), root))
  checkMac(signed, root)
  const { roots, lasting } = openRootKeys(signed.envelope, root)
  const shown = (one: Secret): number => one.reveal(([byte = 0]) => byte)
  assert.deepEqual([roots.map(shown), lasting?.length], [[9, 1], 6])
  assert.throws(() => openRootKeys(signed.envelope, before), /the keyring of the root key was changed/)
  const moved = { ...signed.envelope, deployment: systemRandom.uuid() }
  assert.throws(() => openRootKeys(moved, root), /the keyring/)
})

test('every character of a rotated envelope counts', () => {
  const root = secret(1)
  const text = formatEnvelope(rotatedOf(root, secret(9)), root)
  for (let at = 0; at < text.length; at += 1) {
    if (/\s/.test(text[at] ?? '') && text.slice(at - 6, at + 5) !== '"under way"') continue
    const changed = text.slice(0, at) + (text[at] === '1' ? '2' : '1') + text.slice(at + 1)
    assert.throws(() => checkMac(parseEnvelope(changed), root), SealError, `character ${at}`)
  }
})
