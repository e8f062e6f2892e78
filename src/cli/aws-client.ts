import { systemRandom, systemSleep } from '../base/ports.ts'
import { type CredentialProvider, openCredentials } from '../client/aws-credentials.ts'
import { type Client, openClient } from '../client/client.ts'
import { withRetries } from '../client/retry.ts'
import { ServiceError } from '../client/service-error.ts'
import { readAwsSettings } from '../config/aws-settings.ts'
import { ConfigError } from '../config/setting.ts'
import type { CommandInput } from './command.ts'

/** A client of AWS KMS or Holdfast, as the environment of AWS's SDKs describes it, and where it sends its calls. */
export type AwsClient = Client & { readonly endpoint: string; readonly region: string }

/** How long a call may take, for a caller that has less time than a client has by default. */
type Hurry = { readonly timeoutMs?: number; readonly attemptsMax?: number }

/**
 * Opens a client by the variables and shared files that AWS's SDKs read. It repeats idempotent calls.
 *
 * @throws ConfigError without a region, an endpoint or credentials.
 */
export async function openAwsClient(
  { environment }: Pick<CommandInput, 'environment'>,
  { timeoutMs, attemptsMax }: Hurry = {},
): Promise<AwsClient> {
  const settings = await readAwsSettings(environment)
  const { region, kmsEndpoint: endpoint, stsEndpoint, ca } = settings
  const credentials: CredentialProvider = openCredentials(settings.credentials, { stsEndpoint, ca })
  const client = openClient({ endpoint, region, ca, credentials, timeoutMs })
  return {
    endpoint,
    region,
    call: (operation, input) =>
      withRetries(() => client.call(operation, input), {
        sleep: systemSleep,
        jitter: randomFraction,
        attemptsMax,
      }),
    [Symbol.dispose]: () => client[Symbol.dispose](),
  }
}

const BYTE_VALUES = 256

function randomFraction(): number {
  return (systemRandom.bytes(1)[0] ?? 0) / BYTE_VALUES
}

/** The reason of a failed call for an operator: the service's code, text and request ID, or why there was no answer. */
export function reasonOf(error: unknown, endpoint: string): string {
  if (error instanceof ServiceError) {
    const { code, message, requestId } = error
    return `${code}${message === '' ? '' : `: ${message}`}${requestId === undefined ? '' : ` (request ID ${requestId})`}`
  }
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof Error && 'code' in error ? `${error.code}: ` : ''
  return `no answer from ${endpoint}: ${code}${message}`
}

/** An encryption context of `KEY=VALUE` pairs. @throws ConfigError for a key that is given twice. */
export function parseContext(pairs: readonly string[]): Readonly<Record<string, string>> {
  const context = new Map<string, string>()
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    const name = pair.slice(0, equals)
    if (context.has(name)) throw new ConfigError(`--context: expected each key once; got '${name}' twice`)
    context.set(name, pair.slice(equals + 1))
  }
  return Object.fromEntries(context)
}
