import { availableParallelism } from 'node:os'
import { ARCHIVE_SETTINGS, type ArchiveConfig, parseArchive } from './archive-settings.ts'
import { AUDIT_SETTINGS, parseTrails, type TrailsConfig } from './audit-settings.ts'
import { BACKUP_SETTINGS, type BackupConfig, parseBackup } from './backup-settings.ts'
import { BOUNDS_SETTINGS, type BoundsConfig, parseBounds } from './bounds-settings.ts'
import { EVENT_SETTINGS, type EventsConfig, parseEvents } from './event-settings.ts'
import { INSIGHTS_SETTINGS, type InsightsConfig, parseInsights } from './insights-settings.ts'
import { LAMBDA_SETTINGS, type LambdaConfig, parseLambda } from './lambda-settings.ts'
import { MONITORING_SETTINGS, type MonitoringConfig, parseMonitoring } from './monitoring-settings.ts'
import { PKCS11_SETTINGS, type Pkcs11Config, parsePkcs11 } from './pkcs11-settings.ts'
import { type Address, formatAddress, isLoopback, isRegion, parseAddress, parseRegions } from './places.ts'
import { parseS3, S3_SETTINGS, type S3Config } from './s3-settings.ts'
import { parseSeal, SEAL_SETTINGS, type SealConfig } from './seal-settings.ts'
import {
  ConfigError,
  findText,
  type Given,
  nameOf,
  need,
  parsePath,
  parseWithin,
  pathSetting,
  read,
  type Setting,
  setting,
} from './setting.ts'
import { parseStore, STORE_SETTINGS, type StoreConfig } from './store-settings.ts'
import { parseXks, parseXksProxy, XKS_SETTINGS, type XksConfig, type XksProxyConfig } from './xks-settings.ts'

/** The server's configuration, checked. */
export type Config = {
  /** The data folder. */
  readonly data: string
  readonly store: StoreConfig
  readonly listen: Address
  /** 12 digits. */
  readonly account: string
  /** The region of printed hints; a request's region comes from its credential scope. */
  readonly region: string
  readonly workers: number
  /** Paths of the PEM files. */
  readonly tls:
    | { readonly certFile: string; readonly keyFile: string; readonly folder: string | undefined }
    | undefined
  /** The path of a PEM file with the root certificates of attestation documents. */
  readonly attestationRootFile: string | undefined
  readonly seal: SealConfig
  readonly backup: BackupConfig
  /** The regions that support SM2 keys. */
  readonly sm2Regions: readonly string[]
  /** Whether the server serves the web console, and whether a start prints a sign-in link. */
  readonly console: ConsoleSetting
  /** Identity providers of sign-in to the web console. */
  readonly consoleSignInFile: string | undefined
  /** The path of a JSON file with the key sets of identity providers, by issuer URL. */
  readonly oidcKeysFile: string | undefined
  readonly trails: TrailsConfig
  readonly archive: ArchiveConfig
  readonly insights: InsightsConfig
  /** The path of the price table. */
  readonly prices: string | undefined
  readonly events: EventsConfig
  readonly bounds: BoundsConfig
  readonly monitoring: MonitoringConfig
  readonly xks: XksConfig
  readonly xksProxy: XksProxyConfig
  readonly pkcs11: Pkcs11Config
  readonly s3: S3Config
  readonly lambda: LambdaConfig
  /** The texts of the given settings, by option name. */
  readonly texts: ReadonlyMap<string, string>
}

/** How the web console is served. */
type ConsoleSetting = 'link' | 'on' | 'off'

const MAX_WORKERS = 256

const SETTINGS = {
  data: setting({
    variable: 'HOLDFAST_DATA',
    flag: 'data',
    byDefault: './data',
    about: 'the data folder',
    expected: 'a path',
    parse: parsePath,
  }),
  ...STORE_SETTINGS,
  listen: setting({
    variable: 'HOLDFAST_LISTEN',
    flag: 'listen',
    byDefault: '127.0.0.1:7600',
    about: 'the address to serve on; any other than a loopback address requires TLS',
    expected: 'ADDRESS:PORT, for example 127.0.0.1:7600 or [::1]:7600',
    parse: parseAddress,
  }),
  account: setting({
    variable: 'HOLDFAST_ACCOUNT',
    flag: 'account',
    byDefault: '000000000000',
    about: 'the account ID',
    expected: '12 digits',
    parse: (text) => (/^[0-9]{12}$/.test(text) ? text : undefined),
  }),
  region: setting({
    variable: 'HOLDFAST_REGION',
    flag: 'region',
    byDefault: 'us-east-1',
    about:
      'the region that env prints and that commands use for key IDs and aliases; requests name their own region',
    expected: 'a region name, for example us-east-1',
    parse: (text) => (isRegion(text) ? text : undefined),
  }),
  workers: setting({
    variable: 'HOLDFAST_WORKERS',
    flag: 'workers',
    byDefault: '1',
    about: 'processes that share the port; auto: one for each core',
    expected: `a whole number from 1 to ${MAX_WORKERS}, or auto`,
    parse: parseWorkers,
  }),
  tlsCert: pathSetting({
    variable: 'HOLDFAST_TLS_CERT',
    flag: 'tls-cert',
    about: 'the certificate chain, a PEM file',
  }),
  tlsKey: pathSetting({
    variable: 'HOLDFAST_TLS_KEY',
    flag: 'tls-key',
    about: "the certificate's private key, a PEM file",
  }),
  tlsFolder: pathSetting({
    variable: 'HOLDFAST_TLS_FOLDER',
    flag: 'tls-folder',
    about:
      'a folder with further certificates NAME.crt and private keys NAME.key, for clients that ask for their names',
  }),
  attestationRoot: pathSetting({
    variable: 'HOLDFAST_ATTESTATION_ROOT',
    flag: 'attestation-root',
    about:
      'the root certificates of attestation documents, a PEM file; without it, calls with Recipient are refused',
  }),
  ...SEAL_SETTINGS,
  ...BACKUP_SETTINGS,
  sm2Regions: setting({
    variable: 'HOLDFAST_SM2_REGIONS',
    flag: 'sm2-regions',
    byDefault: 'cn-north-1,cn-northwest-1',
    about: 'the regions that have SM2 keys',
    expected: 'region names separated by commas, or none',
    parse: parseRegions,
  }),
  oidcKeys: pathSetting({
    variable: 'HOLDFAST_OIDC_KEYS',
    flag: 'oidc-keys',
    about: 'key sets of identity providers, a JSON file; Holdfast does not fetch these',
  }),
  console: setting({
    variable: 'HOLDFAST_CONSOLE',
    flag: 'console',
    byDefault: 'link',
    about:
      'the web console; link: the start prints a link that signs in as the root user, once and within 15 minutes; on: it prints none; off: there is no console',
    expected: 'link, on or off',
    parse: (text): ConsoleSetting | undefined =>
      text === 'link' || text === 'on' || text === 'off' ? text : undefined,
  }),
  consoleSignIn: pathSetting({
    variable: 'HOLDFAST_CONSOLE_SIGN_IN',
    flag: 'console-sign-in',
    about: 'identity providers that people sign in to the web console with, a JSON file',
  }),
  ...AUDIT_SETTINGS,
  ...ARCHIVE_SETTINGS,
  ...BOUNDS_SETTINGS,
  ...EVENT_SETTINGS,
  ...INSIGHTS_SETTINGS,
  ...MONITORING_SETTINGS,
  ...XKS_SETTINGS,
  ...PKCS11_SETTINGS,
  ...S3_SETTINGS,
  ...LAMBDA_SETTINGS,
}

const PREFIX = 'HOLDFAST_'

/** The configuration from flags, the environment and defaults, in this order. @throws ConfigError. */
export function parseConfig(given: Given): Config {
  refuseUnknown(given.environment)
  const certFile = read(SETTINGS.tlsCert, given)
  const keyFile = read(SETTINGS.tlsKey, given)
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new ConfigError('HOLDFAST_TLS_CERT and HOLDFAST_TLS_KEY: set both or neither')
  }
  const folder = read(SETTINGS.tlsFolder, given)
  if (folder !== undefined && certFile === undefined) {
    throw new ConfigError('HOLDFAST_TLS_FOLDER: set HOLDFAST_TLS_CERT and HOLDFAST_TLS_KEY too')
  }
  const config: Config = {
    data: need(SETTINGS.data, given),
    store: parseStore(given),
    listen: need(SETTINGS.listen, given),
    account: need(SETTINGS.account, given),
    region: need(SETTINGS.region, given),
    workers: need(SETTINGS.workers, given),
    tls: certFile !== undefined && keyFile !== undefined ? { certFile, keyFile, folder } : undefined,
    attestationRootFile: read(SETTINGS.attestationRoot, given),
    seal: parseSeal(given),
    backup: parseBackup(given),
    sm2Regions: need(SETTINGS.sm2Regions, given),
    console: need(SETTINGS.console, given),
    consoleSignInFile: read(SETTINGS.consoleSignIn, given),
    oidcKeysFile: read(SETTINGS.oidcKeys, given),
    trails: parseTrails(given),
    archive: parseArchive(given),
    insights: parseInsights(given),
    prices: read(SETTINGS.prices, given),
    events: parseEvents(given),
    bounds: parseBounds(given),
    monitoring: parseMonitoring(given),
    xks: parseXks(given),
    xksProxy: parseXksProxy(given),
    pkcs11: parsePkcs11(given),
    s3: parseS3(given, need(SETTINGS.data, given)),
    lambda: parseLambda(given, need(SETTINGS.data, given)),
    texts: findTexts(given),
  }
  refuseOpenPlain(nameOf(SETTINGS.listen, given), config.listen, config)
  refuseOpenPlain(nameOf(SETTINGS.xksListen, given), config.xksProxy.listen, config)
  refuseOpenPlain(nameOf(SETTINGS.s3Listen, given), config.s3.listen, config)
  refuseOpenPlain(nameOf(SETTINGS.lambdaListen, given), config.lambda.listen, config)
  const { listen: metrics } = config.monitoring
  if (metrics !== undefined) refuseOpenPlain(nameOf(SETTINGS.metrics, given), metrics, config)
  return config
}

/** @throws ConfigError for an address without TLS that other machines can reach. */
function refuseOpenPlain(name: string, address: Address, config: Config): void {
  if (config.tls !== undefined || isLoopback(address.host)) return
  throw new ConfigError(
    `${name}: expected a loopback address, because there is no TLS; got '${formatAddress(address)}'. ` +
      'Set HOLDFAST_TLS_CERT and HOLDFAST_TLS_KEY, or listen on 127.0.0.1',
  )
}

function findTexts(given: Given): ReadonlyMap<string, string> {
  const texts = new Map<string, string>()
  for (const setting of Object.values(SETTINGS)) {
    const text = findText(setting, given)
    if (text !== undefined) texts.set(setting.flag, text)
  }
  return texts
}

/** The options that reproduce a configuration, to start a worker with. */
export function configFlags({ texts, listen }: Config): readonly string[] {
  const own = [SETTINGS.listen.flag, formatAddress(listen)] as const
  return [...new Map([...texts, own])].map(([flag, text]) => `--${flag}=${text}`)
}

/** The facts of a setting for help. */
export type SettingFacts = Pick<Setting<unknown>, 'flag' | 'variable' | 'about' | 'byDefault' | 'expected'>

/** Every setting, in the order of help. */
export const SETTING_FACTS: readonly SettingFacts[] = Object.values(SETTINGS)

function refuseUnknown(environment: Given['environment']): void {
  const known = new Set(Object.values(SETTINGS).map(({ variable }) => variable))
  for (const name of Object.keys(environment)) {
    if (!name.startsWith(PREFIX) || known.has(name)) continue
    throw new ConfigError(`unknown setting ${name}. See holdfast serve --help`)
  }
}

function parseWorkers(text: string): number | undefined {
  if (text === 'auto') return Math.min(availableParallelism(), MAX_WORKERS)
  return parseWithin(text, 1, MAX_WORKERS)
}
