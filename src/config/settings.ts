import { isIP } from 'node:net'
import { availableParallelism } from 'node:os'

/** Where the server listens. */
export type Address = { readonly host: string; readonly port: number }

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
  readonly seal: 'file'
  /** The path of a JSON file: key sets of identity providers, by the URL of their issuer. */
  readonly oidcKeysFile: string | undefined
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
    parse: (text) => (/^([a-z]+-){2,3}\d+$/.test(text) && text.length <= 32 ? text : undefined),
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
  seal: setting({
    variable: 'HOLDFAST_SEAL',
    flag: 'seal',
    byDefault: 'file',
    about: 'what keeps the root key while the server is down; file: root.key in the data folder',
    right: 'file',
    parse: (text): 'file' | undefined => (text === 'file' ? text : undefined),
  }),
  oidcKeys: setting({
    variable: 'HOLDFAST_OIDC_KEYS',
    flag: 'oidc-keys',
    byDefault: undefined,
    about: 'key sets of identity providers that are not fetched, a JSON file',
    right: 'a path',
    parse: (text) => (text === '' ? undefined : text),
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
    seal: need(SETTINGS.seal, given),
    oidcKeysFile: read(SETTINGS.oidcKeys, given),
  }
  if (config.tls === undefined && !isLoopback(config.listen.host)) {
    throw new ConfigError(
      `HOLDFAST_LISTEN is ${formatAddress(config.listen)}, which others can reach, and there is no TLS: ` +
        'set HOLDFAST_TLS_CERT and HOLDFAST_TLS_KEY, or listen on 127.0.0.1',
    )
  }
  return config
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
    seal: config.seal,
    oidcKeys: config.oidcKeysFile,
  }
  return Object.entries(SETTINGS).flatMap(([name, { flag }]) => {
    const value = values[name as keyof typeof SETTINGS]
    return value === undefined ? [] : [`--${flag}=${value}`]
  })
}

/** One line for each setting: flag, variable, meaning and default. */
export function describeSettings(): readonly string[] {
  return Object.values(SETTINGS).map(({ flag, variable, about, byDefault }) => {
    const suffix = byDefault === undefined ? '' : ` (default ${byDefault})`
    return `  ${`--${flag}`.padEnd(11)} ${variable.padEnd(18)} ${about}${suffix}`
  })
}

/** An address as it is written: IPv6 in brackets. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
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

const MAX_PORT = 65_535

function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([A-Za-z0-9.-]+)):([0-9]{1,5})$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (host === undefined || port > MAX_PORT) return undefined
  if (match?.[1] !== undefined && isIP(host) !== 6) return undefined
  return { host, port }
}

function parseWorkers(text: string): number | undefined {
  if (text === 'auto') return Math.min(availableParallelism(), MAX_WORKERS)
  const count = /^[0-9]{1,3}$/.test(text) ? Number(text) : 0
  return count >= 1 && count <= MAX_WORKERS ? count : undefined
}
