/** Files that settings name, read and checked before a start creates or changes anything. */

import { dirname, join, resolve } from 'node:path'
import { parseRoots } from '../attestation/roots.ts'
import { usingGiven } from '../base/given-file.ts'
import { parseJsonText } from '../base/json-text.ts'
import { systemClock } from '../base/ports.ts'
import { readRegularText } from '../base/regular-file.ts'
import type { Destination } from '../cloudtrail/delivery/destination.ts'
import { openDestination } from '../cloudtrail/delivery/open-destination.ts'
import { readDefaultCredentials } from '../config/credentials-file.ts'
import type { Config } from '../config/settings.ts'
import { parseSignInFile } from '../config/sign-in-file.ts'
import type { OidcProvider } from '../console-server/oidc/oidc-client.ts'
import { parseCertificates } from '../crypto/certificates.ts'
import { type OfflineKeys, parseKeySet } from '../iam/sessions/oidc.ts'
import type { Endpoint } from '../notifications/endpoint.ts'
import { openEndpoints } from '../notifications/open-endpoints.ts'
import type { TokenOfFile } from '../pkcs11/tokens.ts'
import type { Prices } from '../usage/prices.ts'
import { readPricesFile } from '../usage/prices-file.ts'
import { readTls } from './tls.ts'
import { readTokens } from './tokens.ts'

/** The content of the files that a server's settings name. */
export type GivenFiles = {
  readonly tls: Awaited<ReturnType<typeof readTls>>
  readonly attestationRoots: readonly Uint8Array[]
  /** Key sets of identity providers that are never fetched. */
  readonly offlineKeys: OfflineKeys
  /** PEM certificates. */
  readonly xksCa: string | undefined
  /** The PKCS #11 tokens. */
  readonly tokens: readonly TokenOfFile[]
  readonly endpoints: readonly Endpoint[]
  readonly trails: Destination
  readonly prices: Prices | undefined
  /** Identity providers of sign-in to the console; nothing when there are none. */
  readonly signIn: SignInProviders | undefined
}

/** The identity providers of sign-in to the console, with their secrets. */
type SignInProviders = { readonly consoleUrl: string; readonly providers: readonly OidcProvider[] }

/** The default destination of trails, within the data folder. */
const TRAILS_FOLDER = 'trails'

/** Reads all files. @throws UsageError with the setting and the file for an invalid one. */
export async function readGivenFiles(config: Config): Promise<GivenFiles> {
  const { attestationRootFile, oidcKeysFile, xks, events, prices } = config
  return {
    tls: await readTls(config),
    attestationRoots: (await readAs('HOLDFAST_ATTESTATION_ROOT', attestationRootFile, parseRoots)) ?? [],
    offlineKeys: (await readAs('HOLDFAST_OIDC_KEYS', oidcKeysFile, parseOfflineKeys)) ?? new Map(),
    xksCa: await readAs('HOLDFAST_XKS_CA', xks.caFile, parseCertificates),
    tokens: await readTokens(config),
    endpoints: await openEndpoints(events.webhooksFile),
    trails: await openTrailDestination(config),
    prices: await readPricesFile(prices),
    signIn: await readSignIn(config.consoleSignInFile),
  }
}

async function readAs<T>(
  variable: string,
  path: string | undefined,
  parse: (text: string) => T,
): Promise<T | undefined> {
  if (path === undefined) return undefined
  return usingGiven({ name: variable, path }, async () => parse(await readRegularText(path)))
}

function parseOfflineKeys(text: string): OfflineKeys {
  const issuers = parseJsonText(text)
  if (typeof issuers !== 'object' || issuers === null) throw new Error('expected an object of key sets')
  return new Map(
    Object.entries(issuers).map(([url, keys]) => [
      url.replace(/^https:\/\//, '').replace(/\/$/, ''),
      parseKeySet(keys),
    ]),
  )
}

/** The longest secret of a client. */
const SECRET_MAX_BYTES = 4096

async function readSignIn(file: string | undefined): Promise<SignInProviders | undefined> {
  const variable = 'HOLDFAST_CONSOLE_SIGN_IN'
  const parsed = await readAs(variable, file, parseSignInFile)
  if (parsed === undefined || file === undefined) return undefined
  const providers = parsed.providers.map(async ({ clientSecretFile: named, ...provider }) => ({
    ...provider,
    clientSecret: await readAs(variable, named && resolve(dirname(file), named), parseSecret),
  }))
  return { consoleUrl: parsed.consoleUrl, providers: await Promise.all(providers) }
}

function parseSecret(text: string): string {
  const secret = text.trim()
  if (secret !== '' && secret.length <= SECRET_MAX_BYTES) return secret
  throw new Error(`expected a secret of 1 to ${SECRET_MAX_BYTES} characters`)
}

async function openTrailDestination({ trails, data, region }: Config): Promise<Destination> {
  const { to = join(data, TRAILS_FOLDER), credentialsFile: file } = trails
  const credentials = file === undefined ? undefined : await readTrailCredentials(file)
  return openDestination({ to, credentials, region, clock: systemClock })
}

function readTrailCredentials(path: string): ReturnType<typeof readDefaultCredentials> {
  return usingGiven({ name: 'HOLDFAST_TRAILS_CREDENTIALS', path }, readDefaultCredentials)
}
