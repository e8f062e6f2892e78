import { list, members, parseJsonFile, path } from './file-members.ts'
import { isLoopback } from './places.ts'
import { ConfigError } from './setting.ts'

/** The filter of an endpoint's events, by source and `detail-type`. */
export type EventPattern = {
  readonly sources?: readonly string[]
  readonly detailTypes?: readonly string[]
}

/** The retry schedule of an endpoint. */
export type RetryPlan = {
  /** The delay after the first failure; it doubles with each further one. */
  readonly firstDelayMs: number
  readonly maxAttempts: number
  readonly maxAgeHours: number
  /** The time limit of one attempt. */
  readonly timeoutMs: number
}

/** An endpoint for events. */
export type WebhookEndpoint = {
  readonly url: string
  /** Paths, relative as in the file. */
  readonly secretFile: string
  readonly caFile: string | undefined
  /** At least one must match; without patterns, every event matches. */
  readonly patterns: readonly EventPattern[] | undefined
  readonly retry: RetryPlan
}

/** The maximum number of endpoints. Each has a queue and a delivery job. */
export const ENDPOINTS_MAX = 32
const URL_MAX_CHARS = 2048
const PATTERNS_MAX = 32
const NAMES_MAX = 32
const NAME_MAX_CHARS = 256

/** Each number of a retry plan: default, least, most. */
const RETRY_LIMITS: { readonly [N in keyof RetryPlan]: readonly [number, number, number] } = {
  firstDelayMs: [5000, 100, 600_000],
  maxAttempts: [20, 1, 100],
  maxAgeHours: [24, 1, 720],
  timeoutMs: [10_000, 100, 60_000],
}

/** Parses the endpoints of a file's text. @throws ConfigError with what is expected. */
export function parseWebhooks(text: string): readonly WebhookEndpoint[] {
  const { endpoints } = members(parseJsonFile(text), 'the file', ['endpoints'])
  const parsed = list(endpoints, 'endpoints', ENDPOINTS_MAX).map(parseEndpoint)
  const urls = new Set(parsed.map(({ url }) => url))
  if (urls.size < parsed.length) throw new ConfigError('two endpoints have the same url')
  return parsed
}

function parseEndpoint(value: unknown, index: number): WebhookEndpoint {
  const where = `endpoints[${index}]`
  const names = ['url', 'secretFile', 'caFile', 'events', 'retry']
  const { url, secretFile, caFile, events, retry = {} } = members(value, where, names)
  return {
    url: parseUrl(url, `${where}.url`),
    secretFile: path(secretFile, `${where}.secretFile`),
    caFile: caFile === undefined ? undefined : path(caFile, `${where}.caFile`),
    patterns:
      events === undefined
        ? undefined
        : list(events, `${where}.events`, PATTERNS_MAX).map((pattern, at) =>
            parsePattern(pattern, `${where}.events[${at}]`),
          ),
    retry: parseRetry(retry, `${where}.retry`),
  }
}

/** Parses an HTTPS URL, or HTTP to this machine; without a user, whose password would be in the logs of proxies. */
function parseUrl(value: unknown, where: string): string {
  const url = typeof value === 'string' && value.length <= URL_MAX_CHARS ? URL.parse(value) : null
  if (url === null) throw new ConfigError(`${where}: expected a URL of at most ${URL_MAX_CHARS} characters`)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const isPlain = url.protocol === 'http:' && isLoopback(host)
  if (url.protocol !== 'https:' && !isPlain) {
    throw new ConfigError(`${where}: expected https, or http to a loopback address`)
  }
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    throw new ConfigError(`${where}: expected a URL without user, password and fragment`)
  }
  return url.href
}

function parsePattern(value: unknown, where: string): EventPattern {
  const { source, 'detail-type': detailType } = members(value, where, ['source', 'detail-type'])
  return {
    ...(source === undefined ? {} : { sources: nameList(source, `${where}.source`) }),
    ...(detailType === undefined ? {} : { detailTypes: nameList(detailType, `${where}.detail-type`) }),
  }
}

function nameList(value: unknown, where: string): readonly string[] {
  return list(value, where, NAMES_MAX).map((name) => {
    if (typeof name === 'string' && name !== '' && name.length <= NAME_MAX_CHARS) return name
    throw new ConfigError(`${where}: expected strings of 1 to ${NAME_MAX_CHARS} characters`)
  })
}

function parseRetry(value: unknown, where: string): RetryPlan {
  const given = members(value, where, Object.keys(RETRY_LIMITS))
  const number = (name: keyof RetryPlan): number => {
    const [byDefault, least, most] = RETRY_LIMITS[name]
    const asked = given[name] ?? byDefault
    if (typeof asked === 'number' && Number.isInteger(asked) && asked >= least && asked <= most) return asked
    throw new ConfigError(`${where}.${name}: expected a whole number from ${least} to ${most}`)
  }
  return {
    firstDelayMs: number('firstDelayMs'),
    maxAttempts: number('maxAttempts'),
    maxAgeHours: number('maxAgeHours'),
    timeoutMs: number('timeoutMs'),
  }
}
