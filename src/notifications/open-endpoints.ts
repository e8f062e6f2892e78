import { dirname, resolve } from 'node:path'
import { usingGiven } from '../base/given-file.ts'
import { readRegularText } from '../base/regular-file.ts'
import { parseWebhooks, type WebhookEndpoint } from '../config/webhooks-file.ts'
import { parseCertificates } from '../crypto/certificates.ts'
import { sha256Hex } from '../crypto/hash.ts'
import type { Endpoint } from './endpoint.ts'
import { parseSecrets } from './webhook-signature.ts'

/** The largest file, and the largest of each that it names. */
const FILE_MAX_BYTES = 262_144

/**
 * The endpoints in the file of `HOLDFAST_WEBHOOKS`. Its paths are relative to its folder.
 *
 * @throws UsageError that names the file and its fault, and shows no secret.
 */
export async function openEndpoints(path: string | undefined): Promise<readonly Endpoint[]> {
  if (path === undefined) return []
  const parsed = await readAs(path, parseWebhooks)
  return Promise.all(parsed.map((endpoint) => openEndpoint(endpoint, dirname(path))))
}

async function openEndpoint(
  { url, secretFile, caFile, patterns, retry }: WebhookEndpoint,
  folder: string,
): Promise<Endpoint> {
  return {
    id: endpointIdOf(url),
    url,
    origin: new URL(url).origin,
    keys: await readAs(resolve(folder, secretFile), parseSecrets),
    ca: caFile === undefined ? undefined : await readAs(resolve(folder, caFile), parseCertificates),
    patterns,
    retry,
  }
}

const ID_DIGITS = 32

/** The name of an endpoint's queue and lock: a hash, since the URL may contain a secret. */
function endpointIdOf(url: string): string {
  return sha256Hex(url).slice(0, ID_DIGITS)
}

function readAs<T>(path: string, parse: (text: string) => T): Promise<T> {
  return usingGiven({ name: 'HOLDFAST_WEBHOOKS', path }, async () =>
    parse(await readRegularText(path, { maxBytes: FILE_MAX_BYTES })),
  )
}
