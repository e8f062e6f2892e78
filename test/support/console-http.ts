/** For tests: the requests of console pages to a running server, without a browser. */

import { request } from 'node:http'
import { type Answer, callRaw } from './calls.ts'
import type { TestServer } from './server.ts'

/** A response to a page. */
export type Posted = {
  readonly status: number
  /** The cookie as a browser sends it; empty if the response sets none. */
  readonly cookie: string
  /** All cookies that it sets. */
  readonly cookies: readonly string[]
  readonly text: string
  readonly signedIn?: boolean
  readonly needs?: {
    readonly code: boolean
    readonly newPassword: boolean
    readonly passkey?: { readonly challenge: string; readonly credentialIds: readonly string[] }
  }
  readonly code?: string
  readonly credentials: {
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken: string
  }
}

/** Sends a POST to a path below `/console/session/`. */
export async function postSession(
  server: TestServer,
  path: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Posted> {
  const all = { 'content-type': 'application/json', origin: server.endpoint, ...headers }
  const { status, cookies, text } = await exchange(`${server.endpoint}/console/session/${path}`, all, body)
  const pairs = cookies.map((one) => one.split(';')[0] ?? '')
  return {
    status,
    cookie: pairs[0] ?? '',
    cookies: pairs,
    text,
    ...(text.startsWith('{') ? JSON.parse(text) : {}),
  }
}

type Exchanged = { readonly status: number; readonly cookies: readonly string[]; readonly text: string }

/** Sends a POST with these headers, among which may be the host, which `fetch` chooses itself. */
function exchange(url: string, headers: Readonly<Record<string, string>>, body: object): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const sending = request(url, { method: 'POST', headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode: status = 0, headers: got } = response
        resolve({ status, cookies: got['set-cookie'] ?? [], text: Buffer.concat(chunks).toString() })
      })
    })
    sending.on('error', reject)
    sending.end(JSON.stringify(body))
  })
}

/** Calls a KMS operation like a page. Without a cookie, sends none. */
export function callAsPage(
  server: TestServer,
  { credentials }: Pick<Posted, 'credentials'>,
  cookie: string | undefined,
  operation = 'ListAliases',
): Promise<Answer> {
  return callService(server, { credentials }, cookie, { service: 'kms', target: `TrentService.${operation}` })
}

/** A call of a page. */
type PageCall = { readonly service: 'kms' | 'holdfast'; readonly target: string; readonly input?: object }

/** Calls an operation of the service `holdfast` like a page. */
export function callHoldfastAsPage(
  server: TestServer,
  session: Pick<Posted, 'credentials' | 'cookie'>,
  operation: string,
  input: object = {},
): Promise<Answer> {
  const target = `Holdfast_20261101.${operation}`
  return callService(server, session, session.cookie, { service: 'holdfast', target, input })
}

function callService(
  server: TestServer,
  { credentials }: Pick<Posted, 'credentials'>,
  cookie: string | undefined,
  { service, target, input = {} }: PageCall,
): Promise<Answer> {
  return callRaw(server, target, JSON.stringify(input), {
    ...{ service, ...credentials },
    more: ['x-amz-security-token', credentials.sessionToken],
    tamper: (headers) => {
      if (cookie !== undefined) headers.set('cookie', cookie)
    },
  })
}
