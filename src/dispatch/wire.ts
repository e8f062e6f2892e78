/** What is known of a connection that a request came in on. */
export type Connection = {
  /** The client's IP address. */
  readonly address: string
  /** `TLSv1.3` and the cipher suite; nothing without TLS. */
  readonly tls: { readonly version: string; readonly cipherSuite: string } | undefined
}

/** One HTTP request, whole. */
export type WireRequest = {
  readonly method: string
  /** The request target as received: path and query. */
  readonly target: string
  /** Names and values in turn, as received. */
  readonly rawHeaders: readonly string[]
  readonly body: Uint8Array
  readonly connection: Connection
}

/** One HTTP answer, whole. */
export type WireResponse = {
  readonly status: number
  readonly mediaType: string
  readonly requestId: string
  readonly body: string
}

/** The value of a header by its lower-case name: the first, when there are several. */
export function findHeader(rawHeaders: readonly string[], name: string): string | undefined {
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const candidate = rawHeaders[index]
    if (candidate !== undefined && candidate.length === name.length && candidate.toLowerCase() === name) {
      return rawHeaders[index + 1]
    }
  }
  return undefined
}
