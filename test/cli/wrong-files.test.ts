/** What settings and flags name and cannot be used: the command says so, ends with status 2, and has made nothing. */

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeCertificate, testWithCertificate } from '../support/certificate.ts'
import { runHoldfast } from '../support/command.ts'
import { temporaryFolder } from '../support/server.ts'

const folder = await temporaryFolder()
after(() => rm(folder, { recursive: true, force: true }))

const file = join(folder, 'file')
await writeFile(file, 'neither JSON nor PEM')
const none = join(folder, 'none')
/** By its form alone. */
const certificate = join(folder, 'certificate')
await writeFile(certificate, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')

const WRONG: readonly (readonly [RegExp, ...string[]])[] = [
  [/--webhooks, cannot be used: not JSON/, `--webhooks=${file}`],
  [/--webhooks, cannot be used: ENOENT/, `--webhooks=${none}`],
  [/--trails is '.*', which is not a folder/, `--trails=${file}`],
  [/--trails is a URL: set HOLDFAST_TRAILS_CREDENTIALS too/, '--trails=http://127.0.0.1:1'],
  [/--trails-credentials cannot be used: .*no profile default/, `--trails-credentials=${file}`],
  [/--prices .*file: /, `--prices=${file}`],
  [/--prices .*none cannot be read/, `--prices=${none}`],
  [/--xks-ca is '.*none': ENOENT/, `--xks-ca=${none}`],
  [/--xks-ca is '.*file': there is no PEM certificate in it/, `--xks-ca=${file}`],
  [/--xks-ca is '.*': a certificate in it cannot be read/, `--xks-ca=${certificate}`],
  [/--oidc-keys is '.*file': /, `--oidc-keys=${file}`],
  [/--attestation-root is '.*file': /, `--attestation-root=${file}`],
  [/--tls-cert or --tls-key cannot be used: /, `--tls-cert=${none}`, `--tls-key=${none}`],
  [/--tls-cert or --tls-key .* no PEM certificate/, `--tls-cert=${file}`, `--tls-key=${file}`],
]

test('a start with a file that cannot be used makes no data folder', async () => {
  for (const [message, ...flags] of WRONG) {
    const data = join(folder, 'data')
    const { status, errors } = await runHoldfast(data, 'serve', '--listen=127.0.0.1:0', ...flags)
    assert.match(errors, message)
    assert.equal(status, 2, errors)
    assert.equal(existsSync(data), false)
  }
})

test('a start of workers with a file that cannot be used ends with the same status', async () => {
  const data = join(folder, 'workers')
  const flags = ['--listen=127.0.0.1:0', '--workers=2', `--webhooks=${file}`]
  const { status, errors } = await runHoldfast(data, 'serve', ...flags)
  assert.match(errors, /HOLDFAST_WEBHOOKS, cannot be used: not JSON/)
  assert.equal(status, 2)
  assert.equal(existsSync(data), false)
})

testWithCertificate('a start with a certificate and the key of another makes no data folder', async () => {
  await using one = await makeCertificate()
  await using other = await makeCertificate()
  const data = join(folder, 'other-key')
  for (const keyFile of [other.keyFile, file]) {
    const flags = ['--listen=127.0.0.1:0', `--tls-cert=${one.certFile}`, `--tls-key=${keyFile}`]
    const { status, errors } = await runHoldfast(data, 'serve', ...flags)
    assert.match(errors, /--tls-cert or --tls-key cannot be used: /)
    assert.equal(status, 2)
    assert.equal(existsSync(data), false)
  }
})
