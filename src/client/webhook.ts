import https from 'node:https'
import { getCACertificates } from 'node:tls'
import { http } from '../base/http-module.ts'
import { systemTimers } from '../base/ports.ts'

/** How much of a body is read before the connection closes: only the status matters. */
const ANSWER_MAX_BYTES = 65_536
const ANSWER_HEADERS_MAX_BYTES = 16_384

/** A message to an endpoint. */
export type WebhookPost = {
  readonly url: string
  /** PEM certificates to trust in addition to the system's. */
  readonly ca: string | undefined
  /** Alternating names and values. */
  readonly headers: readonly string[]
  readonly body: Uint8Array
  /** The time limit, connection included. */
  readonly timeoutMs: number
  /** Aborts the delivery. */
  readonly signal: AbortSignal
}

/**
 * Posts a message and returns the status of the answer. It follows no redirects: messages go only to the
 * configured endpoint.
 *
 * @throws Error when there is no answer in time; its message contains no part of the URL except the host.
 */
export function postWebhook(post: WebhookPost): Promise<number> {
  const url = new URL(post.url)
  const headers = ['host', url.host, ...post.headers, 'content-length', String(post.body.length)]
  const options = { method: 'POST', headers, agent: false, maxHeaderSize: ANSWER_HEADERS_MAX_BYTES } as const
  return new Promise((resolve, reject) => {
    const request =
      url.protocol === 'https:'
        ? https.request(url, { ...options, minVersion: 'TLSv1.2', ...trust(post.ca) })
        : http.request(url, options)
    const end = (error: Error): void => void request.destroy(error)
    const deadline = systemTimers.after(post.timeoutMs, () =>
      end(new Error(`no answer from ${url.host} within ${post.timeoutMs} ms`)),
    )
    const stop = (): void => end(new Error('the server stops'))
    post.signal.addEventListener('abort', stop)
    const settle = (then: () => void): void => {
      deadline.cancel()
      post.signal.removeEventListener('abort', stop)
      then()
    }
    request.on('error', (error) => settle(() => reject(error)))
    request.on('response', (response) => {
      let sizeBytes = 0
      const done = (): void => settle(() => resolve(response.statusCode ?? 0))
      response.on('error', done)
      response.on('end', done)
      response.on('data', (chunk: Uint8Array) => {
        sizeBytes += chunk.length
        if (sizeBytes > ANSWER_MAX_BYTES) {
          done()
          request.destroy()
        }
      })
    })
    if (post.signal.aborted) stop()
    else request.end(post.body)
  })
}

function trust(ca: string | undefined): { readonly ca?: string[] } {
  return ca === undefined ? {} : { ca: [...getCACertificates('default'), ca] }
}
