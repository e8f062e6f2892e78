/** The value of a condition key: one, or several. */
export type ContextValue = string | readonly string[]

/**
 * The request context: returns the value or values of a condition key, or nothing when the request lacks it.
 * An empty list counts as lacking it; an empty text is a value.
 *
 * Keys are in lower case (`aws:sourceip`, `kms:encryptioncontext:<name in lower case>`). The lookup runs only
 * when a condition or variable needs the key, so that values can be computed late.
 */
export type ContextLookup = (lowerCasedKey: string) => ContextValue | undefined
