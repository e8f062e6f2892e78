/** For tests: PKCS #11 tokens of SoftHSM, in a folder of their own. */

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Output } from '../../src/api/json.ts'
import type { TestCertificate } from './certificate.ts'
import { run } from './run.ts'
import { temporaryFolder } from './server.ts'

const MODULES = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib64/pkcs11/libsofthsm2.so']

/** The library of SoftHSM. */
export const SOFTHSM = MODULES.find((path) => existsSync(path))

const { CI, CONFORMANCE_WITHOUT = '' } = process.env
const isNeeded = CI === 'true' && !CONFORMANCE_WITHOUT.split(' ').includes('softhsm2')

/** Why tests that need SoftHSM are skipped; `false` when it is there, or CI, which has it unless it says so. */
export const NO_SOFTHSM = SOFTHSM !== undefined || isNeeded ? false : 'there is no softhsm2'

export const PIN = '1234567'
const ADMINISTRATOR_PIN = '7654321'

/** Tokens, and the file that configures them. */
export type TestTokens = AsyncDisposable & {
  readonly folder: string
  /** What a server needs to use them. */
  readonly environment: Readonly<Record<string, string>>
  /** What SoftHSM itself needs. */
  readonly softhsm: Readonly<Record<string, string>>
  /** Makes a token anew, empty. */
  readonly init: (label: string) => Promise<void>
  /** Removes a key from a token, beside the server. */
  readonly remove: (label: string, key: string) => Promise<void>
  /** Writes the file; each token by its label. */
  readonly configure: (tokens: readonly Output[]) => Promise<void>
  /** Writes the PIN that the server uses. */
  readonly writePin: (pin: string) => Promise<void>
  /** What pkcs11-tool prints of the keys of a token. */
  readonly keysOf: (label: string) => Promise<string>
}

/** The cluster ID of a token's label. */
export function clusterOf(label: string): string {
  return `cluster-${label.padEnd(11, 'x')}`
}

/** Makes empty tokens, all with the same PIN. */
export async function makeTokens(labels: readonly string[], account = '000000000000'): Promise<TestTokens> {
  const folder = await temporaryFolder()
  const conf = join(folder, 'softhsm2.conf')
  const store = join(folder, 'tokens')
  await mkdir(store)
  await writeFile(conf, `directories.tokendir = ${store}\nobjectstore.backend = file\nlog.level = ERROR\n`)
  const softhsm = { SOFTHSM2_CONF: conf }
  const util = async (...args: readonly string[]): Promise<void> => {
    const { status, err } = await run('softhsm2-util', args, { environment: softhsm })
    assert.equal(status, 0, err)
  }
  const pinFile = join(folder, 'pin')
  const file = join(folder, 'pkcs11.json')
  const tokens: TestTokens = {
    folder,
    softhsm,
    environment: { HOLDFAST_PKCS11: file, HOLDFAST_PKCS11_TIMEOUT: '60000' },
    init: (label) =>
      util('--init-token', '--free', '--label', label, '--pin', PIN, '--so-pin', ADMINISTRATOR_PIN),
    remove: async (label, key) => {
      const args = ['--module', SOFTHSM ?? '', '--token-label', label, '--login', '--pin', PIN]
      const { status, err } = await run(
        'pkcs11-tool',
        [...args, '--delete-object', '--type', 'secrkey', '--label', key],
        { environment: softhsm },
      )
      assert.equal(status, 0, err)
    },
    configure: (entries) =>
      writeFile(
        file,
        JSON.stringify({
          tokens: entries.map((entry) => ({ module: SOFTHSM, pinFile, environment: softhsm, ...entry })),
        }),
      ),
    writePin: (pin) => writeFile(pinFile, `${pin}\n`),
    keysOf: async (label) => {
      const args = [
        '--module',
        SOFTHSM ?? '',
        '--token-label',
        label,
        '--login',
        '--pin',
        PIN,
        '--list-objects',
      ]
      return (await run('pkcs11-tool', args, { environment: softhsm })).out
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
  await tokens.writePin(PIN)
  for (const label of labels) await tokens.init(label)
  await tokens.configure(
    labels.map((label) => ({ name: label, label, cluster: { id: clusterOf(label), account } })),
  )
  return tokens
}

/** The input of a CreateCustomKeyStore call for a token. */
export function clusterInput(label: string, { cert }: TestCertificate, change: Output = {}): Output {
  return {
    CustomKeyStoreName: label,
    CustomKeyStoreType: 'AWS_CLOUDHSM',
    CloudHsmClusterId: clusterOf(label),
    KeyStorePassword: PIN,
    TrustAnchorCertificate: cert,
    // `newStore` adds these for a proxy.
    XksProxyUriEndpoint: undefined,
    XksProxyUriPath: undefined,
    XksProxyConnectivity: undefined,
    XksProxyAuthenticationCredential: undefined,
    ...change,
  }
}
