import { parseBase64 } from '../base/bytes.ts'
import { parseCertificate } from './certificate.ts'
import { Refused, refuseUnless } from './refused.ts'

const PEM = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/g

/** The maximum number of roots in an operator's file. */
const MAX_ROOTS = 16

/**
 * Parses the root certificates of a PEM text; returns DER.
 *
 * @throws Error with a message for the operator when it holds none, too many, or one that no chain of
 *   attestation can begin with.
 */
export function parseRoots(pem: string): readonly Uint8Array[] {
  const roots = [...pem.matchAll(PEM)].map(([, body = '']) => parseRoot(body))
  if (roots.length === 0) throw new Error('there is no PEM certificate in it')
  if (roots.length > MAX_ROOTS) throw new Error(`there are more than ${MAX_ROOTS} certificates in it`)
  return roots
}

function parseRoot(body: string): Uint8Array {
  try {
    const encoded = parseBase64(body.replaceAll(/\s/g, ''))
    refuseUnless(encoded !== undefined, 'it is not base64')
    const { constraints, signsCertificates } = parseCertificate(encoded)
    refuseUnless(
      constraints?.authority === true && signsCertificates,
      'it is not the certificate of an authority',
    )
    return encoded
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    throw new Error(`a certificate in it cannot be a root of attestation: ${error.message}`, { cause: error })
  }
}
