/** What an identity provider has sent the browser back with. */
export type ProviderAnswer =
  | {
      readonly code: string
      readonly state: string
      /** The path of the redirect URI, which tells the providers apart. */
      readonly path: string
      readonly iss?: string
    }
  | { readonly error: string }

/** The pages to which providers send people back. */
const PATH = /^\/console\/oidc(?:\/[a-z0-9-]+)?$/
/** The page that was asked for before the sign-in, within this tab. */
const STORED_PAGE = 'holdfast-page'

let taken: ProviderAnswer | undefined

/** Notes the page that is shown after the sign-in. */
export function notePage(): void {
  window.sessionStorage.setItem(STORED_PAGE, window.location.pathname + window.location.search)
}

/**
 * Takes the answer of a provider out of the page's address, so that neither the history nor a copied address has it, and puts
 * the page that was asked for there.
 */
export function takeProviderAnswer(): ProviderAnswer | undefined {
  const { pathname, search } = window.location
  if (!PATH.test(pathname)) return taken
  taken = parseProviderAnswer(pathname, search)
  const page = window.sessionStorage.getItem(STORED_PAGE) ?? ''
  window.sessionStorage.removeItem(STORED_PAGE)
  window.history.replaceState(null, '', isPage(page) ? page : '/console/')
  return taken
}

function isPage(path: string): boolean {
  return path.startsWith('/console/') && !path.startsWith('/console/oidc')
}

function parseProviderAnswer(path: string, search: string): ProviderAnswer | undefined {
  const parameters = new URLSearchParams(search)
  const [code, state, iss, error] = ['code', 'state', 'iss', 'error'].map((name) => parameters.get(name))
  if (error) return { error }
  return code && state ? { code, state, path, ...(iss && { iss }) } : undefined
}
