/** The target of a request, from its first line. */
type RequestTarget = {
  /** Path and query. */
  readonly target: string
  /** The host and port of a target in absolute form; nothing for any other form. */
  readonly authority: string | undefined
}

const ABSOLUTE = /^https?:\/\/(?<authority>[^/?#]*)(?<rest>.*)$/i

/**
 * Parses a request target. The absolute form stands for its path and query; any other form stays as it is.
 * Source: RFC 9112, section 3.2.
 */
export function parseTarget(url: string): RequestTarget {
  const absolute = url.startsWith('/') ? undefined : ABSOLUTE.exec(url)?.groups
  if (absolute === undefined) return { target: url, authority: undefined }
  const { authority, rest = '' } = absolute
  return { target: rest.startsWith('/') ? rest : `/${rest}`, authority }
}
