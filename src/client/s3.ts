import https from 'node:https'
import { assert } from '../base/assert.ts'
import { http } from '../base/http-module.ts'
import { type Clock, systemTimers } from '../base/ports.ts'
import { sha256Hex } from '../crypto/hash.ts'
import { type Credentials, signRequest } from '../sigv4/sign.ts'

/** The time limit of one object. */
const PUT_TIMEOUT_MS = 120_000
/** How much of an error's body is kept for the message. */
const ERROR_MAX_BYTES = 4096

/** An S3-compatible service with path-style addresses. */
export type BucketOptions = {
  /** `http://` or `https://`, host and port, without a path. */
  readonly endpoint: string
  readonly region: string
  readonly credentials: Credentials
  readonly clock: Clock
}

/** An object to put into a bucket; its key needs no escaping. */
export type PutObject = {
  readonly bucket: string
  readonly key: string
  readonly bytes: Uint8Array
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * Puts one object. Source: Amazon S3 API Reference, "PutObject".
 *
 * @throws Error when the service does not answer 200, or not in time.
 */
export async function putObject(options: BucketOptions, object: PutObject): Promise<void> {
  const url = new URL(options.endpoint)
  const path = `/${object.bucket}/${object.key}`
  assert(/^[A-Za-z0-9_./-]+$/.test(path), 'a key needs no escape')
  const rawHeaders = [
    ...['host', url.host, 'content-type', 'application/json', 'content-length', String(object.bytes.length)],
    ...['x-amz-content-sha256', sha256Hex(object.bytes)],
    ...Object.entries(object.metadata).flatMap(([name, value]) => [`x-amz-meta-${name}`, value]),
  ]
  const request = { method: 'PUT', target: path, rawHeaders, body: object.bytes }
  const { credentials, region, clock } = options
  const signature = signRequest(request, { credentials, region, service: 's3', now: clock.now() })
  await send(new URL(path, url), [...rawHeaders, ...signature], object.bytes)
}

function send(url: URL, headers: readonly string[], body: Uint8Array): Promise<void> {
  const { request: begin } = url.protocol === 'https:' ? https : http
  return new Promise((resolve, reject) => {
    const request = begin(url, { method: 'PUT', headers })
    const deadline = systemTimers.after(PUT_TIMEOUT_MS, () => {
      request.destroy(new Error(`no answer from ${url.host} within ${PUT_TIMEOUT_MS} ms`))
    })
    const fail = (error: Error): void => {
      deadline.cancel()
      reject(error)
    }
    request.on('error', fail)
    request.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('error', fail)
      response.on('data', (chunk: unknown) => {
        if (text.length < ERROR_MAX_BYTES) text += String(chunk)
      })
      response.on('end', () => {
        deadline.cancel()
        if (response.statusCode === 200) resolve()
        else reject(new Error(`${url.host} answers ${response.statusCode} ${codeOf(text)}`))
      })
    })
    request.end(body)
  })
}

/** The code of an XML error, for the operator. */
function codeOf(text: string): string {
  return /<Code>([A-Za-z0-9]{1,64})<\/Code>/.exec(text)?.[1] ?? ''
}
