import { isIP } from 'node:net'
import { availableParallelism } from 'node:os'
import {
  type Address,
  formatAddress,
  formatRoutes,
  isRegion,
  NO_REGIONS,
  parseAddress,
  parseDestination,
  parseRegions,
  parseRoutes,
} from './places.ts'

/** The server's configuration, checked. */
export type Config = {
  /** The data folder. */
  readonly data: string
  readonly listen: Address
  /** 12 digits. */
  readonly account: string
  /** The region of printed hints; a request's own region is that of its credential scope. */
  readonly region: string
  readonly workers: number
  /** Paths of the PEM files. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined
  /** Path of the PEM file with the roots of attestation documents. */
  readonly attestationRootFile: string | undefined
  readonly seal: 'file'
  /** The regions that have SM2 keys. */
  readonly sm2Regions: readonly string[]
  /** The path of a JSON file: key sets of identity providers, by the URL of their issuer. */
  readonly oidcKeysFile: string | undefined
  /** The folder or URL that trails deliver to; by default a folder in the data folder. */
  readonly trails: string | undefined
  /** Path of the credentials for a URL. */
  readonly trailsCredentials: string | undefined
  /** Path of the price table. */
  readonly prices: string | undefined
  /** How the proxies of external key stores are called. */
  readonly xks: {
    /** The path of a PEM file; its certificates are trusted beside the system's. */
    readonly caFile: string | undefined
    /** Where an endpoint is reached, by its lower-case host name. */
    readonly routes: ReadonlyMap<string, Address>
    readonly timeoutMs: number
  }
  /** What `holdfast xks-proxy` serves: see its own settings for where. */
  readonly xksProxy: {
    readonly listen: Address
    /** What the path begins with: empty, or with a slash at its beginning only. */
    readonly prefix: string
  }
}

/** A setting is unknown or has a value that cannot be used. The message says what would be right. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

type Setting<T> = {
  readonly variable: string
  readonly flag: string
  readonly byDefault: string | undefined
  readonly about: string
  /** What a right value looks like, for messages. */
  readonly right: string
  /** The value, or nothing when the text is not right. */
  readonly parse: (text: string) => T | undefined
}

function setting<T>(setting: Setting<T>): Setting<T> {
  return setting
}

const MAX_WORKERS = 256

/** Source: AWS KMS Developer Guide, "External key stores". */
const XKS_TIMEOUT_DEFAULT_MS = 250
/** A proxy on a slow link may be given more, within what a caller waits for. */
const XKS_TIMEOUT_MIN_MS = 50
const XKS_TIMEOUT_MAX_MS = 10_000

const SETTINGS = {
  data: setting({
    variable: 'HOLDFAST_DATA',
    flag: 'data',
    byDefault: './data',
    about: 'the data folder; it is made when it does not exist',
    right: 'a path',
    parse: (text) => (text === '' ? undefined : text),
  }),
  listen: setting({
    variable: 'HOLDFAST_LISTEN',
    flag: 'listen',
    byDefault: '127.0.0.1:7600',
    about: 'the address to serve on; any but a loopback address needs TLS',
    right: 'ADDRESS:PORT, such as 127.0.0.1:7600 or [::1]:7600',
    parse: parseAddress,
  }),
  account: setting({
    variable: 'HOLDFAST_ACCOUNT',
    flag: 'account',
    byDefault: '000000000000',
    about: 'the account id',
    right: '12 digits',
    parse: (text) => (/^[0-9]{12}$/.test(text) ? text : undefined),
  }),
  region: setting({
    variable: 'HOLDFAST_REGION',
    flag: 'region',
    byDefault: 'us-east-1',
    about: 'the region of printed hints; keys live in the region that a request is signed for',
    right: 'a region name, such as us-east-1',
    parse: (text) => (isRegion(text) ? text : undefined),
  }),
  workers: setting({
    variable: 'HOLDFAST_WORKERS',
    flag: 'workers',
    byDefault: '1',
    about: 'processes that share the port; auto is one for each core',
    right: `a number from 1 to ${MAX_WORKERS}, or auto`,
    parse: parseWorkers,
  }),
  tlsCert: setting({
    variable: 'HOLDFAST_TLS_CERT',
    flag: 'tls-cert',
    byDefault: undefined,
    about: 'the certificate chain, a PEM file',
    right: 'a path',
    parse: (text) => (text === '' ? undefined : text),
  }),
  tlsKey: setting({
    variable: 'HOLDFAST_TLS_KEY',
    flag: 'tls-key',
    byDefault: undefined,
    about: "the certificate's private key, a PEM file",
    right: 'a path',
    parse: (text) => (text === '' ? undefined : text),
  }),
  attestationRoot: setting({
    variable: 'HOLDFAST_ATTESTATION_ROOT',
    flag: 'attestation-root',
    byDefault: undefined,
    about: 'the root certificates of attestation documents, a PEM file; without it Recipient is refused',
    right: 'a path',
    parse: (text) => (text === '' ? undefined : text),
  }),
  seal: setting({
    variable: 'HOLDFAST_SEAL',
    flag: 'seal',
    byDefault: 'file',
    about: 'what keeps the root key while the server is down; file: root.key in the data folder',
    right: 'file',
    parse: (text): 'file' | undefined => (text === 'file' ? text : undefined),
  }),
  sm2Regions: setting({
    variable: 'HOLDFAST_SM2_REGIONS',
    flag: 'sm2-regions',
    byDefault: 'cn-north-1,cn-northwest-1',
    about: 'the regions that have SM2 keys',
    right: 'region names with commas between them, or none',
    parse: parseRegions,
  }),
  oidcKeys: setting({
    variable: 'HOLDFAST_OIDC_KEYS',
    flag: 'oidc-keys',
    byDefault: undefined,
    about: 'key sets of identity providers that are not fetched, a JSON file',
    right: 'a path',
    parse: (text) => (text === '' ? undefined : text),
  }),
  trails: setting({
    variable: 'HOLDFAST_TRAILS',
    flag: 'trails',
    byDefault: undefined,
    about: 'where trails deliver to: a folder of buckets, or the URL of an S3-compatible service',
    right: 'a path, or http(s)://HOST:PORT',
    parse: parseDestination,
  }),
  trailsCredentials: setting({
    variable: 'HOLDFAST_TRAILS_CREDENTIALS',
    flag: 'trails-credentials',
    byDefault: undefined,
    about: "the credentials for that URL: a file in AWS's shared-credentials format",
    right: 'a path',
    parse: (text) => (text === '' ? undefined : text),
  }),
  prices: setting({
    variable: 'HOLDFAST_PRICES',
    flag: 'prices',
    byDefault: undefined,
    about: 'a price table, a JSON file; holdfast usage shows costs by it',
    right: 'a path',
    parse: (text) => (text === '' ? undefined : text),
  }),
  xksCa: setting({
    variable: 'HOLDFAST_XKS_CA',
    flag: 'xks-ca',
    byDefault: undefined,
    about: "certificates, a PEM file, that external key store proxies may have beside the system's",
    right: 'a path',
    parse: (text) => (text === '' ? undefined : text),
  }),
  xksRoutes: setting({
    variable: 'HOLDFAST_XKS_ROUTES',
    flag: 'xks-routes',
    byDefault: undefined,
    about: 'where proxy endpoints are reached, when that is not port 443 of their name',
    right: 'NAME=ADDRESS:PORT, several separated by commas, such as xks.example=10.0.0.7:7643',
    parse: parseRoutes,
  }),
  xksTimeout: setting({
    variable: 'HOLDFAST_XKS_TIMEOUT',
    flag: 'xks-timeout',
    byDefault: String(XKS_TIMEOUT_DEFAULT_MS),
    about: 'milliseconds that a call to an external key store proxy may take',
    right: `a number from ${XKS_TIMEOUT_MIN_MS} to ${XKS_TIMEOUT_MAX_MS}`,
    parse: parseTimeout,
  }),
  xksListen: setting({
    variable: 'HOLDFAST_XKS_LISTEN',
    flag: 'xks-listen',
    byDefault: '127.0.0.1:7643',
    about: 'the address that xks-proxy serves on; any but a loopback address needs TLS',
    right: 'ADDRESS:PORT, such as 127.0.0.1:7643 or [::1]:7643',
    parse: parseAddress,
  }),
  xksPrefix: setting({
    variable: 'HOLDFAST_XKS_PREFIX',
    flag: 'xks-prefix',
    byDefault: undefined,
    about: 'what the paths of xks-proxy begin with, before /kms/xks/v1',
    right: 'a path such as /team, of letters, digits, hyphens and underscores, 117 characters at most',
    parse: parsePrefix,
  }),
}

/** The flags of `holdfast serve`, for node:util's parseArgs. */
export const FLAGS = Object.fromEntries(
  Object.values(SETTINGS).map(({ flag }) => [flag, { type: 'string' as const }]),
)

/** Where settings come from. */
export type Given = {
  /** Values of flags, by name without dashes. */
  readonly flags: Readonly<Record<string, string | boolean | undefined>>
  readonly environment: Readonly<Record<string, string | undefined>>
}

const PREFIX = 'HOLDFAST_'

/** The configuration from flags, the environment and defaults, in this order. @throws ConfigError. */
export function parseConfig(given: Given): Config {
  refuseUnknown(given.environment)
  const certFile = read(SETTINGS.tlsCert, given)
  const keyFile = read(SETTINGS.tlsKey, given)
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new ConfigError('HOLDFAST_TLS_CERT and HOLDFAST_TLS_KEY belong together: set both or none')
  }
  const config: Config = {
    data: need(SETTINGS.data, given),
    listen: need(SETTINGS.listen, given),
    account: need(SETTINGS.account, given),
    region: need(SETTINGS.region, given),
    workers: need(SETTINGS.workers, given),
    tls: certFile !== undefined && keyFile !== undefined ? { certFile, keyFile } : undefined,
    attestationRootFile: read(SETTINGS.attestationRoot, given),
    seal: need(SETTINGS.seal, given),
    sm2Regions: need(SETTINGS.sm2Regions, given),
    oidcKeysFile: read(SETTINGS.oidcKeys, given),
    trails: read(SETTINGS.trails, given),
    trailsCredentials: read(SETTINGS.trailsCredentials, given),
    prices: read(SETTINGS.prices, given),
    xks: {
      caFile: read(SETTINGS.xksCa, given),
      routes: read(SETTINGS.xksRoutes, given) ?? new Map(),
      timeoutMs: need(SETTINGS.xksTimeout, given),
    },
    xksProxy: { listen: need(SETTINGS.xksListen, given), prefix: read(SETTINGS.xksPrefix, given) ?? '' },
  }
  refuseOpenPlain(SETTINGS.listen.variable, config.listen, config)
  refuseOpenPlain(SETTINGS.xksListen.variable, config.xksProxy.listen, config)
  return config
}

/** @throws ConfigError for an address that others can reach, without TLS. */
function refuseOpenPlain(variable: string, address: Address, config: Config): void {
  if (config.tls !== undefined || isLoopback(address.host)) return
  throw new ConfigError(
    `${variable} is ${formatAddress(address)}, which others can reach, and there is no TLS: ` +
      'set HOLDFAST_TLS_CERT and HOLDFAST_TLS_KEY, or listen on 127.0.0.1',
  )
}

/** The flags that give a configuration again, for a process that is started with it. */
export function configFlags(config: Config): readonly string[] {
  const values: Readonly<Record<keyof typeof SETTINGS, string | undefined>> = {
    data: config.data,
    listen: formatAddress(config.listen),
    account: config.account,
    region: config.region,
    workers: '1',
    tlsCert: config.tls?.certFile,
    tlsKey: config.tls?.keyFile,
    attestationRoot: config.attestationRootFile,
    seal: config.seal,
    sm2Regions: config.sm2Regions.join(',') || NO_REGIONS,
    oidcKeys: config.oidcKeysFile,
    trails: config.trails,
    trailsCredentials: config.trailsCredentials,
    prices: config.prices,
    xksCa: config.xks.caFile,
    xksRoutes: formatRoutes(config.xks.routes),
    xksTimeout: String(config.xks.timeoutMs),
    xksListen: formatAddress(config.xksProxy.listen),
    xksPrefix: config.xksProxy.prefix === '' ? undefined : config.xksProxy.prefix,
  }
  return Object.entries(SETTINGS).flatMap(([name, { flag }]) => {
    const value = values[name as keyof typeof SETTINGS]
    return value === undefined ? [] : [`--${flag}=${value}`]
  })
}

/** One line for each setting: flag, variable, meaning and default. */
export function describeSettings(): readonly string[] {
  const settings = Object.values(SETTINGS)
  const flagWidth = Math.max(...settings.map(({ flag }) => flag.length))
  const variableWidth = Math.max(...settings.map(({ variable }) => variable.length))
  return settings.map(({ flag, variable, about, byDefault }) => {
    const suffix = byDefault === undefined ? '' : ` (default ${byDefault})`
    return `  --${flag.padEnd(flagWidth)} ${variable.padEnd(variableWidth)} ${about}${suffix}`
  })
}

/** Whether only this machine can reach an address. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

function refuseUnknown(environment: Given['environment']): void {
  const known = new Set(Object.values(SETTINGS).map(({ variable }) => variable))
  for (const name of Object.keys(environment)) {
    if (!name.startsWith(PREFIX) || known.has(name)) continue
    throw new ConfigError(`${name} is not a setting of Holdfast: the settings are ${[...known].join(', ')}`)
  }
}

function need<T>(setting: Setting<T>, given: Given): T {
  const value = read(setting, given)
  if (value === undefined) throw new ConfigError(`${setting.variable} is not set`)
  return value
}

function read<T>(setting: Setting<T>, given: Given): T | undefined {
  const flag = given.flags[setting.flag]
  const text = typeof flag === 'string' ? flag : (given.environment[setting.variable] ?? setting.byDefault)
  if (text === undefined) return undefined
  const value = setting.parse(text)
  if (value !== undefined) return value
  const name = typeof flag === 'string' ? `--${setting.flag}` : setting.variable
  throw new ConfigError(`${name} is '${text}', which is not ${setting.right}`)
}

function parseWorkers(text: string): number | undefined {
  if (text === 'auto') return Math.min(availableParallelism(), MAX_WORKERS)
  const count = /^[0-9]{1,3}$/.test(text) ? Number(text) : 0
  return count >= 1 && count <= MAX_WORKERS ? count : undefined
}

function parseTimeout(text: string): number | undefined {
  const value = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0
  return value >= XKS_TIMEOUT_MIN_MS && value <= XKS_TIMEOUT_MAX_MS ? value : undefined
}

/** So long that prefix and `/kms/xks/v1` fit into an XksProxyUriPath of 128 characters. */
const XKS_PREFIX_MAX_LENGTH = 117

function parsePrefix(text: string): string | undefined {
  return text.length <= XKS_PREFIX_MAX_LENGTH && /^(?:\/[a-zA-Z0-9_-]+)+$/.test(text) ? text : undefined
}
