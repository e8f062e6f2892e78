/** Where a request goes, as its first line says it. */
type RequestTarget = {
  /** Path and query. */
  readonly target: string
  /** The host and port of a target in absolute form; nothing in every other. */
  readonly authority: string | undefined
}

const ABSOLUTE = /^https?:\/\/(?<authority>[^/?#]*)(?<rest>.*)$/i

/**
 * Takes a request target apart. The absolute form stands for the path and query in it; every other form stays as it
 * is. Source: RFC 9112, section 3.2.
 */
export function parseTarget(url: string): RequestTarget {
  const absolute = url.startsWith('/') ? undefined : ABSOLUTE.exec(url)?.groups
  if (absolute === undefined) return { target: url, authority: undefined }
  const { authority, rest = '' } = absolute
  return { target: rest.startsWith('/') ? rest : `/${rest}`, authority }
}
