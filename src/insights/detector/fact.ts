/** The facts of a call for the detector. Texts that do not apply are empty. */
export type EventFact = {
  /** The end of the call: seconds since 1970. */
  readonly second: number
  readonly account: string
  readonly region: string
  /** `kms.amazonaws.com` and the like. */
  readonly source: string
  readonly operation: string
  /** The ARN of the user or role; the sessions of a role are one principal. */
  readonly principal: string
  readonly agent: string
  /** The caller's network: see {@link networkOf}. */
  readonly network: string
  /** ARNs of the keys that the call names, each once. */
  readonly keys: readonly string[]
  /** The error code; empty when the call succeeded. */
  readonly error: string
  /** A text that identifies the encryption context. */
  readonly context: string
  /** Whether the call used a key: a successful cryptographic operation. */
  readonly isUse: boolean
}

const IPV4 = /^(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$/
const IPV4_MAPPED = /^::ffff:(?=\d{1,3}\.)/i
const IPV6_GROUPS = 8
const IPV6_NETWORK_GROUPS = 3

/**
 * The network of an address: the first 24 bits of an IPv4 address, the first 48 of an IPv6 address, the size of a
 * site (RFC 6177). Empty for a text that is no address, such as a service's name.
 */
export function networkOf(address: string): string {
  const plain = address.replace(IPV4_MAPPED, '')
  const [, three] = IPV4.exec(plain) ?? []
  if (three !== undefined) return `${three}.0/24`
  if (!plain.includes(':')) return ''
  const [head = '', tail] = plain.split('::')
  const first = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: Math.max(0, IPV6_GROUPS - first.length - last.length) }, () => '0')
  const groups = [...first, ...zeros, ...last].slice(0, IPV6_NETWORK_GROUPS)
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return ''
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/48`
}
