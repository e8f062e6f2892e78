/** For tests: a certificate generated for each run. No private key is stored permanently. */

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { run } from './run.ts'

export type TestCertificate = AsyncDisposable & {
  readonly certFile: string
  readonly keyFile: string
  readonly cert: string
}

/** Whether an `openssl` command exists that can make certificates. */
export async function canMakeCertificates(): Promise<boolean> {
  const found = await run('openssl', ['version']).catch(() => undefined)
  return found?.status === 0
}

/** A self-signed certificate, for localhost and 127.0.0.1 unless other names are given. */
export async function makeCertificate(names = 'DNS:localhost,IP:127.0.0.1'): Promise<TestCertificate> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-certificate-'))
  const certFile = join(folder, 'cert.pem')
  const keyFile = join(folder, 'key.pem')
  const { status, err } = await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-keyout', keyFile, '-out', certFile, '-subj', '/CN=localhost'],
    ...['-addext', `subjectAltName=${names}`],
  ])
  if (status !== 0) throw new Error(`openssl failed: ${err}`)
  return {
    certFile,
    keyFile,
    cert: await readFile(certFile, 'utf8'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** The reason to skip tests that need a certificate; `false` to run them. */
export const NO_CERTIFICATES = (await canMakeCertificates()) ? false : 'openssl is not installed'

/** A test that needs a certificate. */
export const testWithCertificate = NO_CERTIFICATES === false ? test : test.skip
