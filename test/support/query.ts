/** For tests: hand-made signed calls of the query protocol. */

import { signRequest } from '../../src/sigv4/sign.ts'
import type { TestCredentials } from './iam.ts'
import { REGION } from './kms.ts'
import type { TestServer } from './server.ts'

/** A form value: text, number, boolean, list or structure. */
export type FormValue =
  | string
  | number
  | boolean
  | readonly FormValue[]
  | { readonly [name: string]: FormValue }

/** A response as received. */
export type QueryAnswer = {
  readonly status: number
  readonly text: string
  readonly contentType: string
  readonly requestId: string
  readonly code: string | undefined
  readonly message: string | undefined
}

const FORM_TYPE = 'application/x-www-form-urlencoded; charset=utf-8'
const VERSIONS = { iam: '2010-05-08', sts: '2011-06-15' } as const

export type QueryOptions = {
  readonly credentials?: TestCredentials
  /** The service of the signature. */
  readonly signedFor?: string
  /** A body that replaces the form. */
  readonly body?: string
  /** The query string after the path, which contains the form. */
  readonly search?: string
  readonly method?: 'GET' | 'POST'
  readonly accept?: string
  readonly contentType?: string
}

/** An operation, by its service and name. */
export type QueryOperation = { readonly service: keyof typeof VERSIONS; readonly action: string }

/** Formats a form as text. */
export function formText(action: string, service: keyof typeof VERSIONS, input: FormValue): string {
  const pairs = [['Action', action], ['Version', VERSIONS[service]], ...flatten('', input)]
  return pairs.map((pair) => pair.map((part) => encodeURIComponent(part ?? '')).join('=')).join('&')
}

function flatten(name: string, value: FormValue): readonly (readonly [string, string])[] {
  if (Array.isArray(value)) {
    if (value.length === 0) return [[name, '']]
    return value.flatMap((item, at) => flatten(`${name}.member.${at + 1}`, item))
  }
  if (typeof value !== 'object') return [[name, String(value)]]
  const prefix = name === '' ? '' : `${name}.`
  return Object.entries(value).flatMap(([member, item]) => flatten(prefix + member, item))
}

/** Sends one signed call and returns any response. */
export async function callQuery(
  server: TestServer,
  { service, action }: QueryOperation,
  input: FormValue,
  options: QueryOptions = {},
): Promise<QueryAnswer> {
  const { signedFor = service, method = 'POST', search = '', accept, contentType = FORM_TYPE } = options
  const credentials: TestCredentials = options.credentials ?? server.credentials
  const body = options.body ?? (search === '' ? formText(action, service, input) : '')
  const rawHeaders = [
    ...['host', new URL(server.endpoint).host],
    ...['content-type', contentType],
    ...(accept === undefined ? [] : ['accept', accept]),
    ...(credentials.sessionToken === undefined ? [] : ['x-amz-security-token', credentials.sessionToken]),
  ]
  const added = signRequest(
    { method, target: `/${search}`, rawHeaders, body: Buffer.from(body) },
    { credentials, region: REGION, service: signedFor, now: Date.now() },
  )
  const headers: [string, string][] = []
  for (let at = 2; at + 1 < rawHeaders.length; at += 2)
    headers.push([rawHeaders[at] ?? '', rawHeaders[at + 1] ?? ''])
  for (let at = 0; at + 1 < added.length; at += 2) headers.push([added[at] ?? '', added[at + 1] ?? ''])
  const response = await fetch(`${server.endpoint}/${search}`, {
    method,
    headers,
    ...(method === 'POST' && { body }),
  })
  const text = await response.text()
  return {
    status: response.status,
    text,
    contentType: response.headers.get('content-type') ?? '',
    requestId: response.headers.get('x-amzn-requestid') ?? '',
    code: /<Code>([^<]*)<\/Code>/.exec(text)?.[1],
    message: /<Message>([^<]*)<\/Message>/
      .exec(text)?.[1]
      ?.replaceAll('&quot;', '"')
      .replaceAll('&amp;', '&'),
  }
}
