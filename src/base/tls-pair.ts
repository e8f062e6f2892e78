/** A certificate chain and its private key, both PEM. */
export type TlsPair = { readonly cert: string; readonly key: string }
