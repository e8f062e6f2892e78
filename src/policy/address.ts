/** A block of IP addresses: the leading `prefixBits` of the address count. */
export type AddressBlock = {
  readonly address: Address
  readonly prefixBits: number
}

/** An IP address as 16-bit groups: two for IPv4, eight for IPv6. */
export type Address = readonly number[]

const GROUP_BITS = 16
const IPV6_GROUPS = 8
/** The longest text of an IPv6 address, one with an IPv4 tail. */
const ADDRESS_MAX_CHARS = 45
/** Leading groups of `::ffff:0:0/96`, IPv4 addresses written as IPv6. Source: RFC 4291, 2.5.5.2. */
const MAPPED_PREFIX: Address = [0, 0, 0, 0, 0, 0xffff]
const MAPPED_PREFIX_BITS = MAPPED_PREFIX.length * GROUP_BITS

/** An IPv4 or IPv6 address; an IPv4-mapped one is its IPv4 address. Nothing for any other text. */
export function parseAddress(text: string): Address | undefined {
  const address = parseGroups(text)
  return address !== undefined && isMapped(address) ? address.slice(MAPPED_PREFIX.length) : address
}

/** `address` or `address/bits`; bits of the address beyond the prefix are ignored. */
export function parseAddressBlock(text: string): AddressBlock | undefined {
  const [addressText = '', prefixText, ...rest] = text.split('/', 3)
  const address = parseGroups(addressText)
  if (address === undefined || rest.length > 0) return undefined
  const bits = address.length * GROUP_BITS
  if (prefixText !== undefined && !/^(?:0|[1-9]\d{0,2})$/.test(prefixText)) return undefined
  const prefixBits = prefixText === undefined ? bits : Number(prefixText)
  if (prefixBits > bits) return undefined
  if (isMapped(address) && prefixBits >= MAPPED_PREFIX_BITS) {
    return { address: address.slice(MAPPED_PREFIX.length), prefixBits: prefixBits - MAPPED_PREFIX_BITS }
  }
  return { address, prefixBits }
}

/** Whether the address is in the block. Addresses of the other family never are. */
export function contains(block: AddressBlock, address: Address): boolean {
  if (block.address.length !== address.length) return false
  let bits = block.prefixBits
  return address.every((group, index) => {
    const ignored = Math.min(GROUP_BITS, Math.max(0, GROUP_BITS - bits))
    bits -= GROUP_BITS
    return group >>> ignored === Number(block.address[index]) >>> ignored
  })
}

function isMapped(address: Address): boolean {
  return address.length === IPV6_GROUPS && MAPPED_PREFIX.every((group, index) => address[index] === group)
}

function parseGroups(text: string): Address | undefined {
  if (text.length > ADDRESS_MAX_CHARS) return undefined
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text)
}

const OCTET = '(?:0|[1-9]\\d?|1\\d\\d|2[0-4]\\d|25[0-5])'
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`)

function parseIpv4(text: string): Address | undefined {
  if (!IPV4.test(text)) return undefined
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number)
  return [a * 256 + b, c * 256 + d]
}

function parseIpv6(text: string): Address | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [headText = '', tailText] = halves
  const head = parseList(headText, tailText === undefined)
  if (head === undefined) return undefined
  if (tailText === undefined) return head.length === IPV6_GROUPS ? head : undefined
  const tail = parseList(tailText, true)
  if (tail === undefined) return undefined
  const missing = IPV6_GROUPS - head.length - tail.length
  if (missing < 1) return undefined
  return [...head, ...new Array<number>(missing).fill(0), ...tail]
}

/** Groups between colons; the last may be an IPv4 address when it ends the text. */
function parseList(text: string, last: boolean): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    const tail = last && index === parts.length - 1 ? parseIpv4(part) : undefined
    if (tail !== undefined) groups.push(...tail)
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}
