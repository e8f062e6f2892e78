import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { type GivenPath, usingGiven } from '../base/given-file.ts'
import type { Log } from '../base/log.ts'
import type { CertificatePair, TlsPair } from '../base/network.ts'
import { systemClock } from '../base/ports.ts'
import { readRegularText } from '../base/regular-file.ts'
import type { Config } from '../config/settings.ts'
import {
  type CertificateFacts,
  certificateFacts,
  certificateNames,
  parseCertificates,
} from '../crypto/certificates.ts'

/** The name, without its end, of the files of an authority in a folder of certificates. */
export const AUTHORITY_NAME = 'authority'

/** The certificates and private keys of a listener; nothing without TLS. @throws UsageError. */
export async function readTls({ tls }: Config): Promise<TlsPair | undefined> {
  if (tls === undefined) return undefined
  const own = await readPair(
    { name: 'HOLDFAST_TLS_CERT', path: tls.certFile },
    { name: 'HOLDFAST_TLS_KEY', path: tls.keyFile },
  )
  const { folder } = tls
  if (folder === undefined) return { ...own, further: [] }
  const name = 'HOLDFAST_TLS_FOLDER'
  const further = await usingGiven({ name, path: folder }, certificatesIn)
  return {
    ...own,
    further: await Promise.all(
      further.map((file) => readPair({ name, path: `${file}.crt` }, { name, path: `${file}.key` })),
    ),
  }
}

/** The maximum number of certificates of a listener beside its own. */
const FURTHER_CERTIFICATES_MAX = 1000

/** The paths, without their ends, of certificates that have a private key beside them; an authority's serves nobody. */
async function certificatesIn(folder: string): Promise<readonly string[]> {
  const names = new Set(await readdir(folder))
  const found = [...names]
    .filter((name) => name.endsWith('.crt'))
    .map((name) => name.slice(0, -'.crt'.length))
  const usable = found.filter((name) => name !== AUTHORITY_NAME && names.has(`${name}.key`)).sort()
  if (usable.length > FURTHER_CERTIFICATES_MAX)
    throw new Error(`it has more than ${FURTHER_CERTIFICATES_MAX} certificates`)
  return usable.map((name) => join(folder, name))
}

async function readPair(certificate: GivenPath, privateKey: GivenPath): Promise<CertificatePair> {
  const { cert, names } = await usingGiven(certificate, async (path) => {
    const text = parseCertificates(await readRegularText(path))
    return { cert: text, names: certificateNames(text) }
  })
  return await usingGiven(privateKey, async (path) => {
    const key = await readRegularText(path)
    // Fails early for a pair that the listener would refuse, before anything is created.
    createSecureContext({ cert, key })
    return { cert, key, names }
  })
}

/**
 * Reads the certificate and the private key again, and passes them to `use` when they are valid; else the current
 * ones stay. The log says which.
 */
export async function renewTls(config: Config, log: Log, use: (pair: TlsPair) => void): Promise<void> {
  try {
    const pair = await readTls(config)
    if (pair === undefined) {
      log.info('there is no certificate to read again: this server has no TLS')
      return
    }
    const facts = certificateFacts(pair.cert)
    use(pair)
    logRenewed(facts, log)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    log.error('the certificate was not replaced, and the one before is still in use', { reason })
  }
}

function logRenewed({ serial, notAfter }: CertificateFacts, log: Log): void {
  const fields = { serial, notAfter: new Date(notAfter).toISOString() }
  if (notAfter > systemClock.now()) log.info('the certificate was read again: new connections get it', fields)
  else log.warn('the certificate was read again, and new connections get it, but it has expired', fields)
}
