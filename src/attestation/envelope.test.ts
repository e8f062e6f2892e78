import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { enclaveKey } from '../../test/support/attestation.ts'
import { canMakeCertificates } from '../../test/support/certificate.ts'
import { openEnvelope, readEnvelope } from '../../test/support/envelope.ts'
import { run } from '../../test/support/run.ts'
import { temporaryFolder } from '../../test/support/server.ts'
import { present } from '../base/assert.ts'
import { systemRandom } from '../base/ports.ts'
import { parseOaepKey } from '../crypto/oaep.ts'
import { sealForRecipient } from './envelope.ts'

const { spki, privateKey } = enclaveKey()
const key = present(parseOaepKey(spki), 'the key')

test('sealForRecipient gives what the private key opens, byte for byte in the form that enclaves read', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4096 }), (plaintext) => {
      assert.deepEqual(openEnvelope(sealForRecipient(key, plaintext, systemRandom), privateKey), plaintext)
    }),
    { numRuns: 40 },
  )
})

test('sealForRecipient pads to whole blocks, around each length of DER', () => {
  for (const length of [0, 1, 15, 16, 17, 111, 112, 127, 128, 239, 240, 255, 256, 4096, 6144]) {
    const { ciphertext, iv } = readEnvelope(sealForRecipient(key, new Uint8Array(length), systemRandom))
    assert.equal(ciphertext.length, (Math.floor(length / 16) + 1) * 16)
    assert.equal(iv.length, 16)
  }
})

test('sealForRecipient names the key by the SHA-256 of its SubjectPublicKeyInfo', () => {
  const { keyIdentifier } = readEnvelope(sealForRecipient(key, new Uint8Array(1), systemRandom))
  assert.equal(Buffer.from(keyIdentifier).toString('hex'), hash('sha256', spki))
})

test('an envelope for a key of 2,048 bits is as long as those of AWS', () => {
  // A recorded answer for 28 bytes of plaintext has 477 bytes.
  assert.equal(sealForRecipient(key, new Uint8Array(28), systemRandom).length, 477)
})

test('sealForRecipient never gives the same twice', () => {
  const once = sealForRecipient(key, new Uint8Array(32), systemRandom)
  const again = sealForRecipient(key, new Uint8Array(32), systemRandom)
  const [a, b] = [readEnvelope(once), readEnvelope(again)]
  assert.notDeepEqual(a.iv, b.iv)
  assert.notDeepEqual(a.encryptedKey, b.encryptedKey)
  assert.notDeepEqual(a.ciphertext, b.ciphertext)
})

const hasOpenssl = await canMakeCertificates()

test('openssl cms opens an envelope', { skip: hasOpenssl ? false : 'there is no openssl' }, async () => {
  const folder = await temporaryFolder()
  try {
    const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    await writeFile(keyFile, privateKey.export({ format: 'pem', type: 'pkcs8' }))
    const made = await run('openssl', [
      ...['req', '-x509', '-key', keyFile, '-out', certFile, '-subj', '/CN=an enclave', '-days', '2'],
      ...['-addext', `subjectKeyIdentifier=${hash('sha256', spki)}`],
    ])
    assert.equal(made.status, 0, made.err)
    for (const length of [0, 1, 32, 4096]) {
      const plaintext = systemRandom.bytes(length)
      const [sealed, opened] = [join(folder, 'sealed.der'), join(folder, 'opened')]
      await writeFile(sealed, sealForRecipient(key, plaintext, systemRandom))
      // With the certificate, the recipient is found by the key identifier.
      const result = await run('openssl', [
        ...['cms', '-decrypt', '-inform', 'DER', '-in', sealed, '-binary', '-out', opened],
        ...['-inkey', keyFile, '-recip', certFile],
      ])
      assert.equal(result.status, 0, result.err)
      assert.deepEqual(new Uint8Array(await readFile(opened)), new Uint8Array(plaintext))
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
