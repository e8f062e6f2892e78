/** What a condition key holds: one value, or several. */
export type ContextValue = string | readonly string[]

/**
 * The condition keys of one request: gives the value or values of a key, or nothing when the
 * request lacks it. An empty list counts as lacking it; an empty text is a value.
 *
 * Keys are asked for in lower case (`aws:sourceip`, `kms:encryptioncontext:<name in lower case>`)
 * and only when a condition or variable needs them, so that values can be computed late.
 */
export type ContextLookup = (lowerCasedKey: string) => ContextValue | undefined
