/** For tests: the requests of console pages to a running server, without a browser. */

import { type Answer, callRaw } from './calls.ts'
import type { TestServer } from './server.ts'

/** A response to a page. */
export type Posted = {
  readonly status: number
  /** The cookie as a browser sends it; empty if the response sets none. */
  readonly cookie: string
  readonly text: string
  readonly signedIn?: boolean
  readonly needs?: { readonly code: boolean; readonly newPassword: boolean }
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
  const response = await fetch(`${server.endpoint}/console/session/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: server.endpoint, ...headers },
    body: JSON.stringify(body),
  })
  const cookie = response.headers.get('set-cookie')?.split(';')[0] ?? ''
  const text = await response.text()
  return { status: response.status, cookie, text, ...(text.startsWith('{') ? JSON.parse(text) : {}) }
}

/** Calls a KMS operation like a page. Without a cookie, sends none. */
export function callAsPage(
  server: TestServer,
  { credentials }: Pick<Posted, 'credentials'>,
  cookie: string | undefined,
  operation = 'ListAliases',
): Promise<Answer> {
  return callRaw(server, `TrentService.${operation}`, '{}', {
    ...credentials,
    more: ['x-amz-security-token', credentials.sessionToken],
    tamper: (headers) => {
      if (cookie !== undefined) headers.set('cookie', cookie)
    },
  })
}
