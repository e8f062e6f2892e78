import { lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/**
 * Addresses that an endpoint may resolve to only with a route of the operator's: loopback, and link-local ones,
 * where clouds have their metadata services.
 */
const CLOSED = closedAddresses()

function closedAddresses(): BlockList {
  const list = new BlockList()
  list.addSubnet('0.0.0.0', 8, 'ipv4')
  list.addSubnet('127.0.0.0', 8, 'ipv4')
  list.addSubnet('169.254.0.0', 16, 'ipv4')
  list.addAddress('::', 'ipv6')
  list.addAddress('::1', 'ipv6')
  list.addSubnet('fe80::', 10, 'ipv6')
  return list
}

/** Whether an IP address needs a route of the operator's; `false` for a name. */
export function isClosedAddress(host: string): boolean {
  const family = isIP(host)
  if (family === 0) return false
  return CLOSED.check(host, family === 6 ? 'ipv6' : 'ipv4')
}

/** Resolves a name without the addresses that need a route of the operator's. */
export const lookupOpen: LookupFunction = (host, options, done) => {
  lookup(host, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return done(error, '')
    const open = addresses.filter(({ address }) => !isClosedAddress(address))
    const [first] = open
    if (first === undefined) return done(new Error(`${host} leads to no address that may be called`), '')
    return options.all === true ? done(null, [...open]) : done(null, first.address, first.family)
  })
}
