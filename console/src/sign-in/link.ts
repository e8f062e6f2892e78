const LINK = /#link=(?<secret>[A-Za-z0-9_-]{43})$/

/** The secret of a sign-in link; nothing when the text is none. */
export function parseLink(text: string): string | undefined {
  return LINK.exec(text.trim())?.groups?.['secret']
}

let taken: string | undefined

/** Takes the secret out of the page's address, so that neither the history nor a copied address has it. */
export function takeLink(): string | undefined {
  const secret = parseLink(window.location.hash)
  if (secret !== undefined) {
    taken = secret
    window.history.replaceState(null, '', window.location.pathname + window.location.search)
  }
  return taken
}
