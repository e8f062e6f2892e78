import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Profile, parseProfiles, type Sections } from './aws-profiles.ts'
import { homeOf } from './home.ts'
import { isLoopback, isRegion } from './places.ts'
import { ConfigError } from './setting.ts'

/** Where a client of AWS gets its credentials. */
type CredentialSource =
  | {
      readonly kind: 'static'
      readonly accessKeyId: string
      readonly secretAccessKey: string
      readonly sessionToken: string | undefined
    }
  | {
      readonly kind: 'web-identity'
      readonly tokenFile: string
      readonly roleArn: string
      readonly sessionName: string
    }
  | { readonly kind: 'process'; readonly command: string }

/** The settings of a client of AWS's API, as AWS's SDKs read them. */
export type AwsSettings = {
  readonly region: string
  readonly kmsEndpoint: string
  readonly stsEndpoint: string
  /** PEM certificates to trust instead of the system's. */
  readonly ca: string | undefined
  readonly credentials: CredentialSource
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the environment variables and the shared files of AWS's SDKs, in their order of precedence: variables, then
 * the profile.
 *
 * Source: AWS SDKs and Tools Reference Guide, "Settings reference", "Service-specific endpoints".
 *
 * @throws ConfigError without a region or credentials, and for an endpoint without TLS beyond this machine.
 */
export async function readAwsSettings(environment: Environment): Promise<AwsSettings> {
  const name = text(environment, 'AWS_PROFILE') ?? 'default'
  const credentialsFile = await readSections(environment, 'AWS_SHARED_CREDENTIALS_FILE', 'credentials')
  const configFile = await readSections(environment, 'AWS_CONFIG_FILE', 'config')
  if (text(environment, 'AWS_PROFILE') !== undefined && !credentialsFile.has(name) && !configFile.has(name))
    throw new ConfigError(`AWS_PROFILE: expected a profile of the shared files; got '${name}'`)
  const profile: Profile = new Map([...(configFile.get(name) ?? []), ...(credentialsFile.get(name) ?? [])])
  const region = regionOf(environment, profile)
  const ignored = [
    environment['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'],
    profile.get('ignore_configured_endpoint_urls'),
  ]
  const configured = ignored.includes('true')
    ? () => undefined
    : (service: string) => configuredEndpoint(service, { environment, profile, configFile })
  const caFile = text(environment, 'AWS_CA_BUNDLE') ?? profile.get('ca_bundle')
  return {
    region,
    kmsEndpoint: checkEndpoint(configured('kms') ?? endpointOfAws('kms', region)),
    stsEndpoint: checkEndpoint(configured('sts') ?? endpointOfAws('sts', region)),
    ca: caFile === undefined ? undefined : await readNamed('AWS_CA_BUNDLE', caFile),
    credentials: credentialSource(environment, profile),
  }
}

function text(environment: Environment, variable: string): string | undefined {
  const value = environment[variable]
  return value === '' ? undefined : value
}

async function readSections(environment: Environment, variable: string, file: string): Promise<Sections> {
  const named = text(environment, variable)
  if (named !== undefined) return parseProfiles(await readNamed(variable, named))
  const path = join(homeOf(environment), '.aws', file)
  try {
    return parseProfiles(await readFile(path, 'utf8'))
  } catch {
    return new Map()
  }
}

async function readNamed(variable: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigError(`${variable}: cannot read the file: ${reason}`, { cause })
  }
}

function regionOf(environment: Environment, profile: Profile): string {
  const region =
    text(environment, 'AWS_REGION') ?? text(environment, 'AWS_DEFAULT_REGION') ?? profile.get('region')
  if (region !== undefined && isRegion(region)) return region
  const got = region === undefined ? 'nothing' : `'${region}'`
  throw new ConfigError(`AWS_REGION: expected the name of a region, for example us-east-1; got ${got}`)
}

type Sources = { readonly environment: Environment; readonly profile: Profile; readonly configFile: Sections }

function configuredEndpoint(
  service: string,
  { environment, profile, configFile }: Sources,
): string | undefined {
  return (
    text(environment, `AWS_ENDPOINT_URL_${service.toUpperCase()}`) ??
    text(environment, 'AWS_ENDPOINT_URL') ??
    configFile.get(`services ${profile.get('services')}`)?.get(`${service}.endpoint_url`) ??
    profile.get('endpoint_url')
  )
}

/** Source: AWS General Reference, "AWS service endpoints". */
function endpointOfAws(service: string, region: string): string {
  return `https://${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
}

/** Answers of Decrypt hold plaintexts, so an endpoint beyond this machine needs TLS. */
function checkEndpoint(endpoint: string): string {
  const url = URL.parse(endpoint)
  const plain = url?.protocol === 'http:'
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? ''
  if (url !== null && (url.protocol === 'https:' || (plain && isLoopback(host))) && isBase(url))
    return url.origin
  throw new ConfigError(
    'AWS_ENDPOINT_URL_KMS: expected https:// and a host, or http:// and a loopback address; got ' +
      (url === null ? 'no URL' : `'${url.protocol}//${url.host}'`),
  )
}

function isBase({ pathname, search, username, password }: URL): boolean {
  return pathname === '/' && search === '' && username === '' && password === ''
}

const SESSION_NAME = 'holdfast'

function credentialSource(environment: Environment, profile: Profile): CredentialSource {
  return (
    staticSource(
      text(environment, 'AWS_ACCESS_KEY_ID'),
      text(environment, 'AWS_SECRET_ACCESS_KEY'),
      text(environment, 'AWS_SESSION_TOKEN'),
    ) ??
    webIdentity(
      text(environment, 'AWS_WEB_IDENTITY_TOKEN_FILE'),
      text(environment, 'AWS_ROLE_ARN'),
      text(environment, 'AWS_ROLE_SESSION_NAME'),
    ) ??
    staticSource(
      profile.get('aws_access_key_id'),
      profile.get('aws_secret_access_key'),
      profile.get('aws_session_token'),
    ) ??
    webIdentity(
      profile.get('web_identity_token_file'),
      profile.get('role_arn'),
      profile.get('role_session_name'),
    ) ??
    processSource(profile.get('credential_process')) ??
    noCredentials()
  )
}

function staticSource(
  accessKeyId: string | undefined,
  secretAccessKey: string | undefined,
  sessionToken: string | undefined,
): CredentialSource | undefined {
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined
  return { kind: 'static', accessKeyId, secretAccessKey, sessionToken }
}

function webIdentity(
  tokenFile: string | undefined,
  roleArn: string | undefined,
  sessionName = SESSION_NAME,
): CredentialSource | undefined {
  if (tokenFile === undefined || roleArn === undefined) return undefined
  return { kind: 'web-identity', tokenFile, roleArn, sessionName }
}

function processSource(command: string | undefined): CredentialSource | undefined {
  return command === undefined ? undefined : { kind: 'process', command }
}

function noCredentials(): never {
  throw new ConfigError(
    'no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN, ' +
      'or AWS_PROFILE to a profile with an access key, a web identity or a credential_process',
  )
}
