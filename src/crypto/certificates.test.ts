import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rootCertificates } from 'node:tls'
import { parseCertificates } from './certificates.ts'

const [ONE = '', OTHER = ''] = rootCertificates
const SPOILT = ONE.replace(/^M/m, 'A')

test('parseCertificates gives a text with certificates as it is, whatever stands between them', () => {
  for (const text of [
    ONE,
    `${ONE}\n${OTHER}\n`,
    `# one\r\n${ONE.replaceAll('\n', '\r\n')}\r\n# other\r\n${OTHER}`,
  ])
    assert.equal(parseCertificates(text), text)
})

test('parseCertificates refuses a text of which one certificate cannot be read, or that has none', () => {
  for (const text of [SPOILT, `${ONE}\n${SPOILT}`, `${SPOILT}\n${ONE}`, ONE.slice(0, -40)])
    assert.throws(() => parseCertificates(text), /^Error: a certificate in it cannot be read: /)
  for (const text of ['', 'no PEM', '-----BEGIN CERTIFICATE REQUEST-----\n'])
    assert.throws(() => parseCertificates(text), /^Error: there is no PEM certificate in it$/)
})
