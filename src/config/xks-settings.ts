import { type Address, parseAddress, parseRoutes } from './places.ts'
import { type Given, need, parseWithin, pathSetting, read, setting } from './setting.ts'

/** The configuration of calls to external key store proxies. */
export type XksConfig = {
  /** The path of a PEM file with certificates to trust in addition to the system's. */
  readonly caFile: string | undefined
  /** The addresses of endpoints, by lower-case host name. */
  readonly routes: ReadonlyMap<string, Address>
  readonly timeoutMs: number
}

/** The configuration of `holdfast xks-proxy`, apart from its address. */
export type XksProxyConfig = {
  readonly listen: Address
  /** The prefix of the path: empty, or with a leading slash and no trailing one. */
  readonly prefix: string
}

/** Source: AWS KMS Developer Guide, "External key stores". */
const XKS_TIMEOUT_DEFAULT_MS = 250
/** The bounds of the time limit: a proxy on a slow link may need more, within what a caller waits for. */
const XKS_TIMEOUT_MIN_MS = 50
const XKS_TIMEOUT_MAX_MS = 10_000

/** The settings of external key stores, at both ends. */
export const XKS_SETTINGS = {
  xksCa: pathSetting({
    variable: 'HOLDFAST_XKS_CA',
    flag: 'xks-ca',
    about: "certificates to trust for external key store proxies, beside the system's: a PEM file",
  }),
  xksRoutes: setting({
    variable: 'HOLDFAST_XKS_ROUTES',
    flag: 'xks-routes',
    byDefault: undefined,
    about: 'addresses of proxy endpoints that are not at port 443 of their name',
    expected: 'NAME=ADDRESS:PORT, separated by commas, for example xks.example=10.0.0.7:7643',
    parse: parseRoutes,
  }),
  xksTimeout: setting({
    variable: 'HOLDFAST_XKS_TIMEOUT',
    flag: 'xks-timeout',
    byDefault: String(XKS_TIMEOUT_DEFAULT_MS),
    about: 'the timeout of a call to an external key store proxy, in milliseconds',
    expected: `a whole number from ${XKS_TIMEOUT_MIN_MS} to ${XKS_TIMEOUT_MAX_MS}`,
    parse: (text) => parseWithin(text, XKS_TIMEOUT_MIN_MS, XKS_TIMEOUT_MAX_MS),
  }),
  xksListen: setting({
    variable: 'HOLDFAST_XKS_LISTEN',
    flag: 'xks-listen',
    byDefault: '127.0.0.1:7643',
    about: 'the address that xks-proxy serves on; any other than a loopback address requires TLS',
    expected: 'ADDRESS:PORT, for example 127.0.0.1:7643 or [::1]:7643',
    parse: parseAddress,
  }),
  xksPrefix: setting({
    variable: 'HOLDFAST_XKS_PREFIX',
    flag: 'xks-prefix',
    byDefault: undefined,
    about: 'the prefix of the paths of xks-proxy, before /kms/xks/v1',
    expected: 'a path of letters, digits, hyphens and underscores, at most 117 characters, for example /team',
    parse: parsePrefix,
  }),
}

/** @throws ConfigError. */
export function parseXks(given: Given): XksConfig {
  return {
    caFile: read(XKS_SETTINGS.xksCa, given),
    routes: read(XKS_SETTINGS.xksRoutes, given) ?? new Map(),
    timeoutMs: need(XKS_SETTINGS.xksTimeout, given),
  }
}

/** @throws ConfigError. */
export function parseXksProxy(given: Given): XksProxyConfig {
  return {
    listen: need(XKS_SETTINGS.xksListen, given),
    prefix: read(XKS_SETTINGS.xksPrefix, given) ?? '',
  }
}

/** The length at which prefix and `/kms/xks/v1` fit into an XksProxyUriPath of 128 characters. */
const XKS_PREFIX_MAX_LENGTH = 117

function parsePrefix(text: string): string | undefined {
  return text.length <= XKS_PREFIX_MAX_LENGTH && /^(?:\/[a-zA-Z0-9_-]+)+$/.test(text) ? text : undefined
}
