import assert from 'node:assert/strict'
import { test } from 'node:test'
import { issueCertificate, makeChain, toPem } from '../../test/support/attestation.ts'
import { parseRoots } from './roots.ts'

test('parseRoots gives each certificate of a file, whatever stands between them', () => {
  const [one, two] = [makeChain(), makeChain()]
  const roots = parseRoots(`# ours\r\n${one.rootPem}\nsubject=two\n${two.rootPem.replaceAll('\n', '\r\n')}`)
  assert.deepEqual(
    roots.map((root) => Buffer.from(root)),
    [one, two].map(({ bundle }) => Buffer.from(bundle[0]?.encoded ?? [])),
  )
})

test('parseRoots refuses a text without certificates, or with too many', () => {
  assert.throws(() => parseRoots(''), /no PEM certificate/)
  assert.throws(() => parseRoots('-----BEGIN PRIVATE KEY-----'), /no PEM certificate/)
  const { rootPem } = makeChain()
  assert.equal(parseRoots(rootPem.repeat(16)).length, 16)
  assert.throws(() => parseRoots(rootPem.repeat(17)), /more than 16/)
})

test('parseRoots refuses a certificate that no chain can begin with, and says why', () => {
  const leaf = issueCertificate({ subject: 'a leaf', authority: false })
  assert.throws(() => parseRoots(toPem(leaf.encoded)), /not the certificate of an authority/)
  const p256 = issueCertificate({ subject: 'a root', curve: 'P-256' })
  assert.throws(() => parseRoots(toPem(p256.encoded)), /not of P-384/)
  assert.throws(() => parseRoots(toPem(Uint8Array.of(1, 2, 3))), /ASN\.1/)
  assert.throws(
    () => parseRoots('-----BEGIN CERTIFICATE-----\n====\n-----END CERTIFICATE-----'),
    /base64|ASN/,
  )
})
