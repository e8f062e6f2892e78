/**
 * The network of a source, to which limits apply: an IPv4 address itself, the first 64 bits of an IPv6
 * address, which one network usually has. Source: RFC 4291, section 2.5.4.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  const [head = '', tail] = address.split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length)
  const groups = [...front, ...new Array<string>(zeros).fill('0'), ...back]
  return `${groups.slice(0, 4).join(':')}::/64`
}

/** A certificate chain and its private key, both PEM, with the DNS names of the certificate. */
export type CertificatePair = {
  readonly cert: string
  readonly key: string
  /** Lower case; `*.` stands for one label. */
  readonly names: readonly string[]
}

/** The certificate of a listener, and further ones for clients that ask for another name. */
export type TlsPair = CertificatePair & { readonly further: readonly CertificatePair[] }
