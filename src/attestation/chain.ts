import { compareBytes } from '../base/bytes.ts'
import type { EpochMs } from '../base/ports.ts'
import { type Es384Key, verifyEs384 } from '../crypto/es384.ts'
import { type Certificate, parseCertificate } from './certificate.ts'
import { refuseUnless } from './refused.ts'

/** A chain of certificates from a root down to the signing key. */
export type Chain = {
  /** The certificates above the last one, from the root downwards. */
  readonly bundle: readonly Uint8Array[]
  readonly certificate: Uint8Array
}

/**
 * Verifies a chain that begins with one of the roots, and returns the key of its last certificate. Every certificate
 * must be valid at `now`, be issued by the one above, and have the key usage of its place. The function reads no
 * revocation lists, as AWS specifies.
 *
 * @param roots in DER.
 * @throws Refused. Source: RFC 5280, section 6.1; Nitro Enclaves, "Attestation process", section 3.2.3.
 */
export async function verifyChain(
  chain: Chain,
  roots: readonly Uint8Array[],
  now: EpochMs,
): Promise<Es384Key> {
  const [first, ...others] = chain.bundle
  refuseUnless(
    first !== undefined && roots.some((root) => compareBytes(root, first) === 0),
    'its cabundle does not begin with a root certificate that is trusted here',
  )
  const root = parseCertificate(first)
  const intermediates = others.map(parseCertificate)
  const leaf = parseCertificate(chain.certificate)
  const authorities = [root, ...intermediates]
  for (const certificate of [...authorities, leaf]) checkValidity(certificate, now)
  for (const [index, authority] of authorities.entries()) {
    checkAuthority(authority, authorities.length - 1 - index)
  }
  checkLeaf(leaf)
  await checkIssuers([...authorities, leaf])
  return leaf.key
}

function checkValidity({ notBefore, notAfter }: Certificate, now: EpochMs): void {
  // The time has no fractions, so the last second is valid to its end.
  refuseUnless(
    notBefore <= now && now < notAfter + 1000,
    'it holds a certificate that is not valid at this time',
  )
}

/** @param below the number of authorities below this one. */
function checkAuthority({ constraints, signsCertificates }: Certificate, below: number): void {
  refuseUnless(
    constraints?.authority === true,
    'its cabundle holds a certificate that is not of an authority',
  )
  refuseUnless(signsCertificates, 'its cabundle holds a certificate whose key may not sign certificates')
  const { pathLength = below } = constraints
  refuseUnless(below <= pathLength, 'its certificate chain is longer than one of its certificates allows')
}

function checkLeaf({ constraints, signsData }: Certificate): void {
  const isLeaf = constraints?.authority !== true && constraints?.pathLength === undefined
  refuseUnless(isLeaf, 'its certificate is that of an authority')
  refuseUnless(signsData, 'its certificate has a key that may not sign')
}

/** Verifies that each certificate is signed by the one before it; the root is trusted. */
async function checkIssuers(chain: readonly Certificate[]): Promise<void> {
  const checks = chain.slice(1).map((certificate, index) => {
    const issuer = chain[index]
    refuseUnless(
      issuer !== undefined && compareBytes(issuer.subject, certificate.issuer) === 0,
      'it holds a certificate that was not issued by the one above it',
    )
    return verifyEs384(issuer.key, certificate.signedBytes, certificate.signature, 'der')
  })
  const results = await Promise.all(checks)
  refuseUnless(
    results.every(Boolean),
    'it holds a certificate with a signature that is not by the one above it',
  )
}
