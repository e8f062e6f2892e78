/** The address of a server. */
export type Endpoint = { readonly tls: boolean; readonly host: string; readonly port: number }

/**
 * Parses an endpoint URL such as `http://127.0.0.1:8080`. A path is refused, because the bench sends none.
 * @throws Error that names the fault of the URL.
 */
export function parseEndpoint(text: string): Endpoint {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new Error(`--endpoint: an http or https URL required, got ${JSON.stringify(text)}`)
  }
  if (url.pathname !== '/' || url.search !== '' || url.username !== '') {
    throw new Error(`--endpoint: only scheme, host and port allowed, got ${JSON.stringify(text)}`)
  }
  const tls = url.protocol === 'https:'
  const port = url.port === '' ? (tls ? 443 : 80) : Number(url.port)
  return { tls, host: url.hostname.replace(/^\[|\]$/g, ''), port }
}

/** The value of the `Host` header. It omits the scheme's default port. */
export function hostHeader(endpoint: Endpoint): string {
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host
  return endpoint.port === (endpoint.tls ? 443 : 80) ? host : `${host}:${endpoint.port}`
}
