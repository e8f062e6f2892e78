import { X509Certificate } from 'node:crypto'

const BEGIN = /^-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/
const BEFORE_EACH = new RegExp(`(?=${BEGIN.source})`, 'm')

/** Checks a file of PEM certificates, since TLS ignores an unreadable one and all that follow. @throws Error. */
export function parseCertificates(pem: string): string {
  const certificates = pem.split(BEFORE_EACH).filter((part) => BEGIN.test(part))
  if (certificates.length === 0) throw new Error('there is no PEM certificate in it')
  try {
    for (const certificate of certificates) new X509Certificate(certificate)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`a certificate in it cannot be read: ${reason}`, { cause })
  }
  return pem
}

/** Facts that distinguish a certificate from its predecessor. */
export type CertificateFacts = {
  /** Hexadecimal. */
  readonly serial: string
  /** Milliseconds since 1970. */
  readonly notAfter: number
}

/** The facts of the first certificate of a PEM file. @throws Error. */
export function certificateFacts(pem: string): CertificateFacts {
  const { serialNumber: serial, validToDate } = new X509Certificate(pem)
  return { serial, notAfter: validToDate.getTime() }
}

/** The DNS names of the first certificate of a PEM file, in lower case. @throws Error. */
export function certificateNames(pem: string): readonly string[] {
  const { subjectAltName = '' } = new X509Certificate(pem)
  // Node writes a name in quotes if it has a character that a DNS name cannot have.
  return [...subjectAltName.matchAll(/(?:^|, )DNS:([A-Za-z0-9*._-]+)(?=,|$)/g)].map(([, name = '']) =>
    name.toLowerCase(),
  )
}

/** The first certificate of a PEM text, in DER; nothing when there is none that can be read. */
export function findCertificate(pem: string): Uint8Array | undefined {
  try {
    return new Uint8Array(new X509Certificate(pem).raw)
  } catch {
    return undefined
  }
}
