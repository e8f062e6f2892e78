import { isAbsolute } from 'node:path'
import { list, members, parseJsonFile } from './file-members.ts'
import { ConfigError } from './setting.ts'

/** A PKCS #11 token as a file configures it. Paths are absolute. */
export type TokenConfig = {
  /** What unlock paths and messages call it; unique in the file. */
  readonly name: string
  /** The path of the library that reaches the token. */
  readonly module: string
  /** The label of the token, its serial number, or both. */
  readonly label: string | undefined
  readonly serial: string | undefined
  /** The path of the file with the PIN. */
  readonly pinFile: string
  /** Variables for the library. */
  readonly environment: Readonly<Record<string, string>>
  /** How key stores reach the token; nothing when none may. */
  readonly cluster: ClusterConfig | undefined
}

/** A token as a cluster of key stores of type AWS_CLOUDHSM. */
type ClusterConfig = {
  /** `cluster-` and 11 to 16 characters; unique in the file. */
  readonly id: string
  /** The one account whose key stores may use it. */
  readonly account: string
  /** The path of a PEM file with the trust anchor that callers have to give; nothing when any certificate will do. */
  readonly trustAnchorFile: string | undefined
}

const TOKENS_MAX = 32
const VARIABLES_MAX = 32
const TEXT_MAX_CHARS = 4096

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/
/** Source: OASIS, PKCS #11 Specification Version 3.1, CK_TOKEN_INFO: at most 32 and 16 bytes. */
const LABEL = /^[^\p{C}]{1,32}$/u
const SERIAL = /^[^\p{C}]{1,16}$/u
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/
const ACCOUNT = /^[0-9]{12}$/
/** Source: the service model of AWS KMS, `CloudHsmClusterIdType`. */
const CLUSTER = /^cluster-[2-7a-zA-Z]{11,16}$/
/** They would make the library's process run other code than the library's. */
const REFUSED_VARIABLES = /^(?:NODE_|LD_|DYLD_|PATH$)/

const TOKEN_MEMBERS = ['name', 'module', 'label', 'serial', 'pinFile', 'environment', 'cluster']

/** Parses the tokens of a file's text. @throws ConfigError with what is expected. */
export function parsePkcs11File(text: string): readonly TokenConfig[] {
  const { tokens } = members(parseJsonFile(text), 'the file', ['tokens'])
  const parsed = list(tokens, 'tokens', TOKENS_MAX).map(parseToken)
  if (new Set(parsed.map(({ name }) => name)).size < parsed.length)
    throw new ConfigError('two tokens have the same name')
  const clusters = parsed.flatMap(({ cluster }) => (cluster === undefined ? [] : [cluster.id]))
  if (new Set(clusters).size < clusters.length) throw new ConfigError('two tokens have the same cluster id')
  return parsed
}

function parseToken(value: unknown, index: number): TokenConfig {
  const where = `tokens[${index}]`
  const given = members(value, where, TOKEN_MEMBERS)
  const { label, serial, environment, cluster } = given
  if (label === undefined && serial === undefined)
    throw new ConfigError(`${where}: expected the label or the serial of the token`)
  return {
    name: matching(given['name'], `${where}.name`, NAME, 'small letters, digits and hyphens'),
    module: absolute(given['module'], `${where}.module`),
    label:
      label === undefined
        ? undefined
        : matching(label, `${where}.label`, LABEL, '1 to 32 printable characters'),
    serial:
      serial === undefined
        ? undefined
        : matching(serial, `${where}.serial`, SERIAL, '1 to 16 printable characters'),
    pinFile: absolute(given['pinFile'], `${where}.pinFile`),
    environment: environment === undefined ? {} : parseEnvironment(environment, `${where}.environment`),
    cluster: cluster === undefined ? undefined : parseCluster(cluster, `${where}.cluster`),
  }
}

function parseCluster(value: unknown, where: string): ClusterConfig {
  const { id, account, trustAnchorFile } = members(value, where, ['id', 'account', 'trustAnchorFile'])
  return {
    id: matching(id, `${where}.id`, CLUSTER, 'cluster- and 11 to 16 of the characters 2-7, a-z and A-Z'),
    account: matching(account, `${where}.account`, ACCOUNT, '12 digits'),
    trustAnchorFile:
      trustAnchorFile === undefined ? undefined : absolute(trustAnchorFile, `${where}.trustAnchorFile`),
  }
}

function parseEnvironment(value: unknown, where: string): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ConfigError(`${where}: expected an object`)
  const entries: (readonly [string, unknown])[] = Object.entries(value)
  if (entries.length > VARIABLES_MAX)
    throw new ConfigError(`${where}: expected at most ${VARIABLES_MAX} variables`)
  return Object.fromEntries(
    entries.map(([name, text]) => {
      if (!VARIABLE.test(name) || REFUSED_VARIABLES.test(name))
        throw new ConfigError(`${where}: expected a variable of the module; got '${name}'`)
      if (typeof text !== 'string' || text.length > TEXT_MAX_CHARS || text.includes('\0'))
        throw new ConfigError(`${where}.${name}: expected a text of at most ${TEXT_MAX_CHARS} characters`)
      return [name, text]
    }),
  )
}

function matching(value: unknown, where: string, pattern: RegExp, expected: string): string {
  if (typeof value === 'string' && pattern.test(value)) return value
  throw new ConfigError(`${where}: expected ${expected}`)
}

/** The process that reads these files has another working folder than the server. */
function absolute(value: unknown, where: string): string {
  if (typeof value === 'string' && isAbsolute(value) && !value.includes('\0')) return value
  throw new ConfigError(`${where}: expected an absolute path`)
}
