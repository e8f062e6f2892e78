/** The vectors of docs/reference/formats/seal.md: an envelope and the keys of its paths. */

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemRandom } from '../../src/base/ports.ts'
import { Secret } from '../../src/base/secret.ts'
import { credentialMethod } from '../../src/custody/roots/credential.ts'
import { checkMac, formatEnvelope, openRoot, parseEnvelope } from '../../src/custody/roots/envelope.ts'
import { passphraseMethod } from '../../src/custody/roots/passphrase.ts'

type Vectors = {
  readonly rootKey: string
  readonly fileKey: string
  readonly credential: string
  readonly passphrase: string
  readonly pathKeys: Readonly<Record<string, string>>
  readonly text: string
}

const vectors: Vectors = JSON.parse(await readFile(new URL('./seal.json', import.meta.url), 'utf8'))
const secretOf = (hex: string): Secret => new Secret(Uint8Array.from(Buffer.from(hex, 'hex')))
const hexOf = (key: Secret): string => key.reveal((bytes) => Buffer.from(bytes).toString('hex'))
const signed = parseEnvelope(vectors.text)

test('the MAC of the vector holds, and the envelope is written as it was read', () => {
  checkMac(signed, secretOf(vectors.rootKey))
  assert.equal(formatEnvelope(signed.envelope, secretOf(vectors.rootKey)), vectors.text)
})

test('each path key of the vector opens the root key', () => {
  assert.equal(signed.envelope.paths.length, 3)
  for (const path of signed.envelope.paths) {
    const root = openRoot(signed.envelope, path, secretOf(vectors.pathKeys[path.type] ?? ''))
    assert.equal(hexOf(root), vectors.rootKey, path.type)
  }
})

test('the path keys of the vector derive from the credential and the passphrase', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-vector-'))
  await writeFile(join(folder, 'holdfast-root'), `${vectors.credential}\n`)
  await writeFile(join(folder, 'data'), '')
  const ask = async () => new Secret(Uint8Array.from(Buffer.from(vectors.passphrase)))
  const methods = {
    credential: credentialMethod({ folder, data: join(folder, 'data') }),
    passphrase: passphraseMethod(ask, systemRandom),
  }
  for (const [type, method] of Object.entries(methods)) {
    const path = signed.envelope.paths.find((one) => one.type === type)
    assert.ok(path)
    const { signal } = new AbortController()
    const context = { deployment: signed.envelope.deployment, id: path.id, name: path.name, signal }
    assert.equal(hexOf(await method.open(context, path.parameters)), vectors.pathKeys[type])
  }
  await rm(folder, { recursive: true })
})
