/**
 * Replaces by `***` what may be a secret of a URL, in a text for a message: user, password, query and fragment.
 *
 * User and password end at the last `@`: a password that is not escaped may contain every character. A text with neither
 * `@` nor `://` stays as it is.
 */
export function redactUrl(text: string): string {
  const scheme = /^[^/@]*:\/\//.exec(text)?.[0] ?? ''
  const rest = text.slice(scheme.length).replace(/^.*@/s, '***@')
  return scheme + (text.includes('://') ? rest.replace(/([?#]).*$/s, '$1***') : rest)
}
