import { isAbsolute } from 'node:path'
import { isLoopback } from './places.ts'
import { type Given, need, pathSetting, read, setting } from './setting.ts'

/** Where the records are. */
export type StoreConfig = EmbeddedStore | PostgresStoreConfig

/** In the data folder. */
type EmbeddedStore = { readonly engine: 'embedded'; readonly passwordFile: string | undefined }

/** In a PostgreSQL database. */
export type PostgresStoreConfig = {
  readonly engine: 'postgres'
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  /** Whether the server's certificate is verified; it is not asked for only on this machine. */
  readonly tls: boolean
  /** The path of a PEM file with the certificates of authorities; without it, those that Node knows. */
  readonly caFile: string | undefined
  /** Whether several machines serve from the database, which then has the audit log too. */
  readonly fleet: boolean
  readonly passwordFile: string | undefined
}

/** Whether several machines serve from a store. */
export function isFleet(store: StoreConfig): boolean {
  return store.engine === 'postgres' && store.fleet
}

const EMBEDDED = 'embedded'
const DEFAULT_PORT = 5432
/** The parameters of a URL, by the names of PostgreSQL's own clients, and one of ours. */
const PARAMETERS = new Set(['host', 'user', 'sslmode', 'sslrootcert', 'fleet'])

/** What a valid store is, for messages. */
export const STORE_EXPECTED =
  'embedded, or postgres://USER@HOST:PORT/DATABASE without a password; with ?sslmode=disable only for this machine; with ?fleet=on for several machines'

/** The settings of the store. */
export const STORE_SETTINGS = {
  store: setting({
    variable: 'HOLDFAST_STORE',
    flag: 'store',
    byDefault: EMBEDDED,
    about:
      'where the records are; embedded: in the data folder; a URL: in a PostgreSQL database, which serves one data folder, or a fleet',
    expected: STORE_EXPECTED,
    parse: parseStoreText,
  }),
  storePassword: pathSetting({
    variable: 'HOLDFAST_STORE_PASSWORD_FILE',
    flag: 'store-password-file',
    about: 'the file with the password for the PostgreSQL database',
  }),
}

/** A store as its text says. */
export type StoreText = Omit<EmbeddedStore, 'passwordFile'> | Omit<PostgresStoreConfig, 'passwordFile'>

/** @throws ConfigError. */
export function parseStore(given: Given): StoreConfig {
  const store = need(STORE_SETTINGS.store, given)
  return { ...store, passwordFile: read(STORE_SETTINGS.storePassword, given) }
}

/** Parses the text of a store: {@link STORE_EXPECTED}. */
export function parseStoreText(text: string): StoreText | undefined {
  if (text === EMBEDDED) return { engine: 'embedded' }
  const url = /^postgres(?:ql)?:\/\//.test(text) ? URL.parse(text) : null
  if (url === null || url.password !== '' || url.hash !== '') return undefined
  const names = [...url.searchParams.keys()]
  if (names.some((name) => !PARAMETERS.has(name)) || new Set(names).size < names.length) return undefined
  const fleet = url.searchParams.get('fleet')
  const host = hostOf(url)
  const database = decoded(url.pathname.slice(1))
  const user = userOf(url)
  if (host === undefined || database === undefined || user === undefined) return undefined
  const tls = tlsOf(url, host)
  if (tls === undefined) return undefined
  const port = url.port === '' ? DEFAULT_PORT : Number(url.port)
  const caFile = url.searchParams.get('sslrootcert') ?? undefined
  if (!isCaOfTls(caFile, tls) || (fleet !== null && fleet !== 'on')) return undefined
  return { engine: 'postgres', host, port, database, user, tls, caFile, fleet: fleet !== null }
}

function isCaOfTls(caFile: string | undefined, tls: boolean): boolean {
  return caFile === undefined || (tls && caFile !== '')
}

/** A URL without a host, as that of a Unix socket, has its user as a parameter. */
function userOf({ username, searchParams }: URL): string | undefined {
  const named = searchParams.get('user')
  if (named === null) return decoded(username)
  return username === '' && named !== '' ? named : undefined
}

function hostOf(url: URL): string | undefined {
  const named = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const socket = url.searchParams.get('host')
  if (socket === null) return named === '' ? undefined : named
  return named === '' && isAbsolute(socket) ? socket : undefined
}

/** Only a connection that stays on this machine may be without TLS; one by a Unix socket has none. */
function tlsOf(url: URL, host: string): boolean | undefined {
  const mode = url.searchParams.get('sslmode')
  if (isAbsolute(host)) return mode === null || mode === 'disable' ? false : undefined
  if (mode === 'disable') return isLoopback(host) ? false : undefined
  return mode === null || mode === 'verify-full' ? true : undefined
}

function decoded(text: string): string | undefined {
  try {
    const plain = decodeURIComponent(text)
    return plain === '' || plain.includes('/') ? undefined : plain
  } catch {
    return undefined
  }
}
