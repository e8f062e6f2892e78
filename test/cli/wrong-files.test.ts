/** What settings and flags name and cannot be used: the command says so, ends with status 2, and has made nothing. */

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeCertificate, testWithCertificate } from '../support/certificate.ts'
import { runHoldfast, runRefusedStart } from '../support/command.ts'
import { temporaryFolder } from '../support/server.ts'

const folder = await temporaryFolder()
after(() => rm(folder, { recursive: true, force: true }))

const file = join(folder, 'file')
await writeFile(file, 'k9-TOPSECRETVALUE: neither JSON nor PEM')
const none = join(folder, 'none')
/** By its form alone. */
const certificate = join(folder, 'certificate')
await writeFile(certificate, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')

const webhooks = join(folder, 'webhooks')
await writeFile(webhooks, JSON.stringify({ endpoints: [{ url: 'https://a.example/', secretFile: none }] }))

const WRONG: readonly (readonly [RegExp, ...string[]])[] = [
  [/--webhooks: cannot use '.*file': not JSON$/m, `--webhooks=${file}`],
  [/--webhooks: cannot use '.*none': no such file$/m, `--webhooks=${none}`],
  [/--webhooks: cannot use '.*none': no such file$/m, `--webhooks=${webhooks}`],
  [/--trails: cannot use '.*file': it is not a folder$/m, `--trails=${file}`],
  [/--trails is a URL: set HOLDFAST_TRAILS_CREDENTIALS too/, '--trails=http://127.0.0.1:1'],
  [/--trails-credentials: cannot use '.*file': it has no profile default/, `--trails-credentials=${file}`],
  [/--trails-credentials: cannot use '.*none': no such file$/m, `--trails-credentials=${none}`],
  [/--prices: cannot use '.*file': not JSON$/m, `--prices=${file}`],
  [/--prices: cannot use '.*none': no such file$/m, `--prices=${none}`],
  [/--xks-ca: cannot use '.*none': no such file$/m, `--xks-ca=${none}`],
  [/--xks-ca: cannot use '.*file': there is no PEM certificate in it/, `--xks-ca=${file}`],
  [/--xks-ca: cannot use '.*': a certificate in it cannot be read/, `--xks-ca=${certificate}`],
  [/--pkcs11: cannot use '.*file': not JSON$/m, `--pkcs11=${file}`],
  [/--pkcs11: cannot use '.*none': no such file$/m, `--pkcs11=${none}`],
  [/--oidc-keys: cannot use '.*file': not JSON$/m, `--oidc-keys=${file}`],
  [/--attestation-root: cannot use '.*file': /, `--attestation-root=${file}`],
  [/--tls-cert: cannot use '.*none': no such file$/m, `--tls-cert=${none}`, `--tls-key=${none}`],
  [/--tls-cert: cannot use '.*file': .*no PEM certificate/, `--tls-cert=${file}`, `--tls-key=${file}`],
]

test('a start with a file that cannot be used makes no data folder', async () => {
  for (const [message, ...flags] of WRONG) {
    const data = join(folder, 'data')
    const { status, errors } = await runRefusedStart(data, ...flags)
    assert.match(errors, message)
    assert.doesNotMatch(errors, /TOPSECRET|k9/, 'an error repeats nothing of a file')
    assert.equal(status, 2, errors)
    assert.equal(existsSync(data), false)
  }
})

test('a command on a backup that cannot be read says why', async () => {
  const data = join(folder, 'of-backups')
  const commands = [
    ['FILE', 'backup', 'verify'],
    ['FILE', 'restore'],
    ['--file', 'backup', 'rehearse', `--work=${none}`, `--reports=${none}`, '--file'],
  ]
  for (const [name = '', ...command] of commands) {
    for (const [path, reason] of [
      [none, 'no such file'],
      [folder, 'it is a folder'],
    ] as const) {
      const { status, errors } = await runHoldfast(data, ...command, path)
      assert.match(errors, new RegExp(`${name}: cannot use '${path}': ${reason}$`, 'm'))
      assert.equal(status, 2)
      assert.equal(existsSync(data), false)
    }
  }
})

test('a start of workers with a file that cannot be used ends with the same status', async () => {
  const data = join(folder, 'workers')
  const flags = ['--listen=127.0.0.1:0', '--workers=2', `--webhooks=${file}`]
  const { status, errors } = await runHoldfast(data, 'serve', ...flags)
  assert.match(errors, /--webhooks: cannot use '.*file': not JSON/)
  assert.equal(status, 2)
  assert.equal(existsSync(data), false)
})

testWithCertificate('a start with a certificate and the key of another makes no data folder', async () => {
  await using one = await makeCertificate()
  await using other = await makeCertificate()
  const data = join(folder, 'other-key')
  for (const keyFile of [other.keyFile, file]) {
    const flags = [`--tls-cert=${one.certFile}`, `--tls-key=${keyFile}`]
    const { status, errors } = await runRefusedStart(data, ...flags)
    assert.match(errors, /--tls-key: cannot use '.*': /)
    assert.equal(status, 2)
    assert.equal(existsSync(data), false)
  }
})

test('a data folder that cannot be made ends a start with the name of the setting and status 2', async () => {
  for (const data of ['/proc/x', join(file, 'data'), file]) {
    const { status, errors } = await runRefusedStart(data)
    assert.match(errors, /HOLDFAST_DATA: cannot use '.*': it cannot be created: E[A-Z]+: /)
    assert.equal(status, 2, errors)
  }
})
