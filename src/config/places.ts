/** Settings that say where something is. */

import { isIP } from 'node:net'

/** Where the server listens. */
export type Address = { readonly host: string; readonly port: number }

/** An address as it is written: IPv6 in brackets. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/** How no region at all is written. */
const NO_REGIONS = 'none'

/** Whether a text is the name of a region. */
export function isRegion(text: string): boolean {
  return /^([a-z]+-){2,3}\d+$/.test(text) && text.length <= 32
}

/** Regions with commas between them. */
export function parseRegions(text: string): readonly string[] | undefined {
  if (text === NO_REGIONS) return []
  const regions = text.split(',')
  return regions.every(isRegion) ? regions : undefined
}

/** A path, or the URL of a service without anything but host and port. */
export function parseDestination(text: string): string | undefined {
  if (!/^https?:/.test(text)) return text === '' ? undefined : text
  const url = URL.parse(text)
  return url !== null && url.pathname === '/' && url.search === '' && !hasUser(url) ? text : undefined
}

/** A user or a password alone: either would be seen wherever the URL is. */
function hasUser({ username, password }: URL): boolean {
  return username !== '' || password !== ''
}

/** The URL of a collector, to which paths are added. */
export function parseCollector(text: string): string | undefined {
  const url = /^https?:\/\//.test(text) ? URL.parse(text) : null
  if (url === null || url.search !== '' || url.hash !== '' || hasUser(url)) return undefined
  return url.href.endsWith('/') ? url.href : `${url.href}/`
}

const MAX_PORT = 65_535

/** A host, IPv6 in brackets, and a port. */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([A-Za-z0-9.-]+)):([0-9]{1,5})$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (host === undefined || port > MAX_PORT) return undefined
  if (match?.[1] !== undefined && isIP(host) !== 6) return undefined
  return { host, port }
}

const XKS_ROUTES_MAX = 100

/** A host name that an endpoint may have. Source: the service model, `XksProxyUriEndpointType`. */
const ENDPOINT_HOST = /^[a-zA-Z0-9.-]{1,120}$/

/** Host names and the addresses to go to instead, `HOST=ADDRESS:PORT`, with commas between them. */
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
