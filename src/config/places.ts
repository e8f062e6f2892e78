/** Settings with addresses, regions and URLs. */

import { isIP } from 'node:net'

/** A listening address. */
export type Address = { readonly host: string; readonly port: number }

/** Formats an address, IPv6 in brackets. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Whether an address is reachable from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/** The text for no region at all. */
const NO_REGIONS = 'none'

/** Whether a text is the name of a region. */
export function isRegion(text: string): boolean {
  return /^([a-z]+-){2,3}\d+$/.test(text) && text.length <= 32
}

/** Parses regions that are separated by commas. */
export function parseRegions(text: string): readonly string[] | undefined {
  if (text === NO_REGIONS) return []
  const regions = text.split(',')
  return regions.every(isRegion) ? regions : undefined
}

/** Parses a path, or the URL of a service with a host and port only. */
export function parseDestination(text: string): string | undefined {
  if (!/^https?:/.test(text)) return text === '' ? undefined : text
  const url = URL.parse(text)
  return url !== null && url.pathname === '/' && url.search === '' && !hasUser(url) ? text : undefined
}

/** Whether a URL has a user or password, which would appear wherever the URL does. */
function hasUser({ username, password }: URL): boolean {
  return username !== '' || password !== ''
}

/** Parses the base URL of a collector. */
export function parseCollector(text: string): string | undefined {
  const url = /^https?:\/\//.test(text) ? URL.parse(text) : null
  if (url === null || url.search !== '' || url.hash !== '' || hasUser(url)) return undefined
  return url.href.endsWith('/') ? url.href : `${url.href}/`
}

const MAX_PORT = 65_535

/** Parses a host (IPv6 in brackets) and a port. */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([A-Za-z0-9.-]+)):([0-9]{1,5})$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (host === undefined || port > MAX_PORT) return undefined
  if (match?.[1] !== undefined && isIP(host) !== 6) return undefined
  return { host, port }
}

const XKS_ROUTES_MAX = 100

/** A valid host name of an endpoint. Source: the service model, `XksProxyUriEndpointType`. */
const ENDPOINT_HOST = /^[a-zA-Z0-9.-]{1,120}$/

/** Parses host names with the addresses to connect to instead: `HOST=ADDRESS:PORT`, separated by commas. */
export function parseRoutes(text: string): ReadonlyMap<string, Address> | undefined {
  const routes = new Map<string, Address>()
  for (const route of text.split(',')) {
    const equals = route.indexOf('=')
    const host = route.slice(0, Math.max(equals, 0)).toLowerCase()
    const address = parseAddress(route.slice(equals + 1))
    if (!ENDPOINT_HOST.test(host) || address === undefined || address.port === 0) return undefined
    routes.set(host, address)
  }
  return routes.size <= XKS_ROUTES_MAX ? routes : undefined
}
